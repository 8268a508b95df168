"""The folder of a project as commands make it: its Dagster home, and files that people edit.

What belongs here: what is written there, without loading Dagster. What does not: opening the
instance (``runs.py``), what a project file says.
"""

import hashlib
import shutil
from pathlib import Path

_SETTINGS = Path(__file__).resolve().parents[2] / "deploy" / "local" / "dagster.yaml"


def prepare_home(home: Path) -> Path:
    """Make the folder, with the instance settings of a laptop in it unless it has settings."""
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(_SETTINGS, home / "dagster.yaml")
    return home


def write_unless_edited(path: Path, text: str) -> bool:
    """Write a file that a command makes, but never over what somebody changed in it.

    A digest beside it (``.NAME.sha256``) tells whether the file is still as it was written.

    Returns:
        Whether the file now has this text; False: it was edited and stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = path.with_name(f".{path.name}.sha256")
    if path.exists():
        present = path.read_bytes()
        written = mark.read_text().strip() if mark.is_file() else ""
        if present != text.encode() and _sha256(present) != written:
            return False
    if not path.exists() or path.read_bytes() != text.encode():
        path.write_bytes(text.encode())
    mark.write_text(_sha256(text.encode()) + "\n")
    return True


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
