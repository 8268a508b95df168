"""Worked examples of the literature, as printed; each data file carries its citation."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "core" / "estimation" / "published"

WITH_MAP_CLASSES_AS_STRATA = (
    "olofsson_2014_table_8",
    "olofsson_2013_example_1",
    "olofsson_2013_example_2",
    "openmrv_colombia",
    "mapac_card",
)


def load_published(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
