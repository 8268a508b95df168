"""For all tests: where the real sample data are, and which tests may open a socket."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1", "localhost"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests with the mark ``loopback`` reach this machine; pytest-socket blocks all others."""
    for item in items:
        if item.get_closest_marker("loopback") or item.get_closest_marker("services"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real sample data; skips without it, but fails where CI=true."""
    named = os.environ.get("LULC_REAL_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not (folder / "README.md").is_file():
        message = f"no real sample data in {folder}; set LULC_REAL_DATA"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder
