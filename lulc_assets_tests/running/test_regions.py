"""More tiles than an instance should have become regions that have fewer keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.tile_keys import validate_tile
from lulc_assets.running.regions import MOST_KEYS, split_tiles

KEYS = st.from_regex(r"(0[1-9]|[1-5][0-9]|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]", fullmatch=True)


@given(st.lists(KEYS, max_size=200), st.integers(1, 12), st.integers(12, 400))
def test_every_tile_is_in_one_region_and_none_is_too_large(tiles, years, most):
    groups = split_tiles(tiles, years, most)
    assert sorted(tile for group in groups for tile in group.tiles) == sorted(set(tiles))
    assert all(0 < group.keys == len(group.tiles) * years <= most for group in groups)
    assert split_tiles(tiles[::-1], years, most) == groups


def test_the_world_is_three_regions_of_twelve_years():
    world = [f"{zone:02}{band}{column}{row}" for zone in range(1, 61) for band in "HJKLMNPQRSTU"
             for column in "ABCDEF" for row in "ABCDE"][:20_000]  # fmt: skip
    groups = split_tiles(world, 12)
    assert len(groups) == 3
    assert max(group.keys for group in groups) <= MOST_KEYS
    assert max(len(g.tiles) for g in groups) - min(len(g.tiles) for g in groups) <= 1
    assert len({group.name for group in groups}) == 3


def test_a_region_smaller_than_one_tile_is_refused():
    with pytest.raises(InvalidProject, match="one tile has 12 keys"):
        split_tiles(["33TVM"], 12, 10)


def test_the_command_writes_the_tiles_of_each_region(tmp_path):
    area = {"type": "Polygon", "coordinates": [[[14, 45], [19, 45], [19, 47], [14, 47], [14, 45]]]}
    (tmp_path / "area.geojson").write_text(json.dumps(area))
    said = CliRunner().invoke(app, [
        "tiles", "plan", "--aoi", str(tmp_path / "area.geojson"), "--most-keys", "150",
        "--out", str(tmp_path / "regions"),
    ])  # fmt: skip
    assert said.exit_code == 0, said.output
    lists = sorted((tmp_path / "regions").glob("*.txt"))
    tiles = [tile for path in lists for tile in path.read_text().split()]
    assert len(lists) > 1
    assert len(set(tiles)) == len(tiles) > 12
    assert all(validate_tile(tile) for tile in tiles)
    assert f"in {len(lists)} regions" in said.output
