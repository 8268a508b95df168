"""Reading the project file: TOML in, a checked project out, every mistake by its name.

What belongs here: reading and its errors; LULC_STORE, which takes the place of ``store`` so that
one file serves a laptop and a cluster. What does not: what a project holds (``file``), and the
rest of the environment.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lulc_assets.core.errors import InvalidProject, LulcError
from lulc_assets.core.tables.text_file import read_utf8
from lulc_assets.project.checks import require_plain
from lulc_assets.project.file import Project
from lulc_assets.project.messages import explain


def load_project(path: str | Path) -> Project:
    """Read and check a project file.

    Raises:
        InvalidProject: it is missing, is not TOML, or a value is wrong; the message names
            the file and every wrong value.
    """
    file = Path(path).absolute()
    try:
        text = tomllib.loads(read_utf8(file, InvalidProject, "project file"))
    except OSError as error:
        raise InvalidProject(
            f"project file {file} cannot be read: {error.strerror}; name another with --project "
            "or LULC_PROJECT (docs/project-file.md shows how to write one)"
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidProject(f"project file {file} is not TOML: {error}") from error
    try:
        require_plain(text)
        return Project(**_with_store(text), folder=file.parent)
    except ValidationError as error:
        raise InvalidProject(f"project file {file}: {explain(error.errors(), Project)}") from error
    except (LulcError, TypeError, ValueError) as error:
        raise InvalidProject(f"project file {file}: {error}") from error


def _with_store(text: dict[str, Any]) -> dict[str, Any]:
    """The file's values with the one place of the products.

    Raises:
        InvalidProject: the file names two.
    """
    storage = text.get("storage", {})
    products = storage.get("products", "") if isinstance(storage, Mapping) else ""
    if products and "store" in text:
        raise InvalidProject("store and storage.products name the same thing; keep one of them")
    place = os.environ.get("LULC_STORE", "") or products
    return {**text, "store": place} if place else text
