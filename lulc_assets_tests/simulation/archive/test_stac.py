import json
import os
from pathlib import Path

import pytest

from lulc_assets.simulation.archive.write import ArchivePaths

REAL = (
    Path(os.environ.get("LULC_REAL_DATA", "../shared/data"))
    / "stac_items/planetary_computer/S2A_MSIL2A_20240823T174901_R141_T13TDE_20240824T013055.json"
)


def items_of(paths: ArchivePaths) -> list[dict]:
    return [
        json.loads(path.read_text())
        for path in sorted(paths.catalog.parent.rglob("*.json"))
        if path.name != "catalog.json"
    ]


@pytest.mark.real_data
@pytest.mark.skipif(not REAL.exists(), reason="real sample data are not here")
def test_items_have_the_keys_of_the_provider(tiny_archive: ArchivePaths):
    real = json.loads(REAL.read_text())
    for item in items_of(tiny_archive):
        assert set(real) == set(item)
        assert set(real["properties"]) <= set(item["properties"])
        extra = set(item["properties"]) - set(real["properties"])
        assert extra == {"proj:code", "s2:dark_features_percentage"}
        for name in ("B02", "B11", "SCL"):
            assert set(real["assets"][name]) == set(item["assets"][name])
        for key, value in real["properties"].items():
            assert type(item["properties"][key]) is type(value), key
        assert item["stac_extensions"] == real["stac_extensions"]


def test_ids_and_product_names_tell_the_same_story(tiny_archive: ArchivePaths):
    for item in items_of(tiny_archive):
        facts = item["properties"]
        satellite, level, sensed, orbit, tile, made = item["id"].split("_")
        assert satellite == "S2" + facts["platform"][-1]
        assert level == "MSIL2A"
        assert sensed == facts["datetime"][:19].replace("-", "").replace(":", "")
        assert orbit == f"R{facts['sat:relative_orbit']:03d}"
        assert tile == "T" + facts["s2:mgrs_tile"]
        assert made == facts["s2:generation_time"][:19].replace("-", "").replace(":", "")
        assert f"_N{facts['s2:processing_baseline'].replace('.', '')}_" in facts["s2:product_uri"]
        assert item["collection"] == "sentinel-2-l2a"


def test_footprints_lie_at_the_place_of_the_tile(tiny_archive: ArchivePaths):
    for item in items_of(tiny_archive):
        west, south, east, north = item["bbox"]
        assert 13.5 < west < east < 15.1
        assert 45.0 < south < north < 47.0
