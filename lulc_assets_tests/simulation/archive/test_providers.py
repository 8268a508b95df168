"""The same pixels as two providers serve them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.simulation.archive.spec import DIALECTS, ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths, write_archive


@pytest.fixture(scope="module")
def other(tiny: ArchiveSpec, tmp_path_factory: pytest.TempPathFactory) -> ArchivePaths:
    spec = dataclasses.replace(tiny, dialect="earth_search_v1", duplicates_per_year=1)
    return write_archive(spec, tmp_path_factory.mktemp("simulated") / "earth_search")


def test_the_catalogue_room_recognises_each_dialect(
    tiny: ArchiveSpec, tiny_archive: ArchivePaths, other: ArchivePaths
):
    area = tiny.tiles[0]
    for paths, name in ((tiny_archive, DIALECTS[0]), (other, DIALECTS[1])):
        found = search_scenes(str(paths.catalog), area.tile, 2022, area.grid)
        assert not found.rejected
        assert {recipe.provider for recipe in found.recipes} == {name}


def test_both_dialects_read_to_the_same_reflectance(
    tiny: ArchiveSpec, tiny_archive: ArchivePaths, other: ArchivePaths
):
    area = tiny.tiles[0]
    by_time = {}
    for paths in (tiny_archive, other):
        for recipe in search_scenes(str(paths.catalog), area.tile, 2022, area.grid).recipes:
            by_time.setdefault(recipe.datetime, []).append(read_scene(recipe, area.grid))
    assert len(by_time) == tiny.scenes_per_year
    for blocks in by_time.values():
        assert len(blocks) >= 2
        for block in blocks[1:]:
            # A product without the offset cannot store what noise took below zero.
            assert np.allclose(block.reflectance, blocks[0].reflectance, atol=2e-4)
            assert np.array_equal(block.scl, blocks[0].scl)


def test_a_reprocessed_product_has_the_next_sequence_number(other: ArchivePaths):
    names = sorted(path.name for path in Path(other.catalog.parent).rglob("S2*_L2A"))
    twice = [n for n in names if n.replace("_0_L2A", "_1_L2A") in names and "_0_L2A" in n]
    assert len(twice) == 1


def test_an_unknown_dialect_is_refused(tiny: ArchiveSpec):
    with pytest.raises(InvalidProject, match="copernicus"):
        dataclasses.replace(tiny, dialect="copernicus")
