"""Programs that are not the project's own: without them a test is skipped, but fails in CI."""

import os

import pytest


def need(found: object, what: str) -> None:
    if found:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")
