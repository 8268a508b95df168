"""The home of a demo's Dagster instance, made without loading Dagster.

What belongs here: the folder and its settings. What does not: opening it (``runs.py``).
"""

import shutil
from pathlib import Path

_SETTINGS = Path(__file__).resolve().parents[2] / "deploy" / "local" / "dagster.yaml"


def prepare_home(home: Path) -> Path:
    """Make the folder, with the instance settings of a laptop in it."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_SETTINGS, home / "dagster.yaml")
    return home
