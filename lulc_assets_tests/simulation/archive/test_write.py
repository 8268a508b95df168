import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio

import lulc_assets.simulation.archive.write as archive_module
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.legend import KARRA_10
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths, write_archive
from lulc_assets_tests.simulation.conftest import folder_bytes
from lulc_assets_tests.simulation.tiny_archive import tiny_spec

WRITE_TINY_ARCHIVE = """
import sys
from pathlib import Path
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets_tests.simulation.tiny_archive import tiny_spec
write_archive(tiny_spec(), Path(sys.argv[1]))
"""


class Killed(BaseException):
    """Stands for a kill: nothing in the package catches it."""


def scenes_of(paths: ArchivePaths) -> list[pystac.Item]:
    items = list(pystac.Catalog.from_file(str(paths.catalog)).get_items())
    return sorted(items, key=lambda i: i.id)


def read(item: pystac.Item, asset: str) -> np.ndarray:
    with rasterio.open(item.assets[asset].get_absolute_href()) as source:
        return source.read(1)


def test_the_same_description_gives_the_same_bytes(
    tiny: ArchiveSpec, tiny_archive: ArchivePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive_module.os, "cpu_count", lambda: 1)
    again = write_archive(tiny, tmp_path / "again")
    assert folder_bytes(again.root) == folder_bytes(tiny_archive.root)


@pytest.mark.parametrize("threads", ["1", "4"])
def test_thread_settings_of_the_machine_change_no_byte(tiny_archive, tmp_path, threads):
    settings = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GDAL_NUM_THREADS"), threads
    )
    subprocess.run(
        [sys.executable, "-c", WRITE_TINY_ARCHIVE, str(tmp_path / "again")],
        env={**os.environ, **settings},
        check=True,
    )
    assert folder_bytes(tmp_path / "again") == folder_bytes(tiny_archive.root)


def test_another_seed_gives_another_landscape(tiny_archive: ArchivePaths, tmp_path: Path):
    other = write_archive(tiny_spec(seed=2), tmp_path / "other")
    name = "truth/33TVM/2022/class.tif"
    assert (other.root / name).read_bytes() != (tiny_archive.root / name).read_bytes()
    assert other.digest != tiny_archive.digest


def test_a_finished_archive_is_found_and_not_made_again(
    tiny: ArchiveSpec, tiny_archive: ArchivePaths
):
    calls: list[str] = []
    found = write_archive(tiny, tiny_archive.root, lambda *args: calls.append(args[2]))
    assert found == tiny_archive
    assert calls == []


def test_an_archive_killed_half_way_is_made_again_whole(
    tiny: ArchiveSpec, tiny_archive: ArchivePaths, tmp_path: Path
):
    def kill(done: int, _total: int, _what: str) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        write_archive(tiny, tmp_path / "a", kill)
    assert not (tmp_path / "a").exists()
    assert (tmp_path / ".a.partial").exists()
    again = write_archive(tiny, tmp_path / "a")
    assert folder_bytes(again.root) == folder_bytes(tiny_archive.root)
    assert not (tmp_path / ".a.partial").exists()


def test_an_archive_of_another_description_is_replaced(tiny_archive: ArchivePaths, tmp_path: Path):
    shutil.copytree(tiny_archive.root, tmp_path / "a")
    other = tiny_spec(seed=5, scenes_per_year=2)
    paths = write_archive(other, tmp_path / "a")
    assert json.loads((paths.root / "archive.json").read_text())["digest"] == other.digest
    assert len(scenes_of(paths)) == 2


def test_a_folder_with_something_else_in_it_is_left_alone(tiny: ArchiveSpec, tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(InvalidProject, match="not empty"):
        write_archive(tiny, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "three years of work"


def test_every_item_has_its_files_on_the_grid_that_it_promises(pair_archive: ArchivePaths):
    for item in scenes_of(pair_archive):
        for name in ("B02", "B03", "B04", "B08", "B11", "B12", "SCL"):
            asset = item.assets[name]
            with rasterio.open(asset.get_absolute_href()) as source:
                assert list(source.shape) == asset.extra_fields["proj:shape"]
                assert list(source.transform)[:6] == asset.extra_fields["proj:transform"]
                assert f"EPSG:{source.crs.to_epsg()}" == item.properties["proj:code"]
                assert source.nodata == 0
                assert source.res[0] == asset.extra_fields["gsd"]
                assert source.dtypes[0] == ("uint8" if name == "SCL" else "uint16")
                assert source.profile["compress"] == "deflate"


def test_hrefs_are_relative_so_that_the_archive_can_be_moved(tiny_archive: ArchivePaths):
    texts = [p.read_text() for p in tiny_archive.catalog.parent.rglob("*.json")]
    assert not any(str(tiny_archive.root) in text for text in texts)


def test_both_sides_of_the_offset_are_in_each_year_and_in_the_pixels(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    for area in pair.tiles:
        for year in pair.years:
            darkest = {True: [], False: []}
            for item in scenes_of(pair_archive):
                facts = item.properties
                if facts["s2:mgrs_tile"] != area.tile or item.datetime.year != year:
                    continue
                swir, scl = read(item, "B12"), read(item, "SCL")
                if (scl == 6).sum() > 20:
                    new = facts["s2:processing_baseline"] >= "04.00"
                    darkest[new].append(float(np.percentile(swir[scl == 6], 20)))
            assert max(darkest[False]) < 500
            assert min(darkest[True]) >= 1000 and max(darkest[True]) < 1500


def test_each_tile_and_year_has_a_clouded_date_and_a_swath_edge(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    for area in pair.tiles:
        for year in pair.years:
            own = [
                i
                for i in scenes_of(pair_archive)
                if i.properties["s2:mgrs_tile"] == area.tile and i.datetime.year == year
            ]
            assert max(i.properties["eo:cloud_cover"] for i in own) > 99
            empty = [i.properties["s2:nodata_pixel_percentage"] for i in own]
            assert any(5 < e < 95 for e in empty)


def test_beyond_the_swath_all_bands_and_scl_are_zero(pair_archive: ArchivePaths):
    item = max(scenes_of(pair_archive), key=lambda i: i.properties["s2:nodata_pixel_percentage"])
    outside = read(item, "SCL") == 0
    assert 0.05 < outside.mean() < 0.95
    assert (read(item, "B11")[outside] == 0).all()
    fine = np.kron(outside, np.ones((2, 2), dtype=bool))
    for name in ("B02", "B03", "B04", "B08"):
        assert (read(item, name)[fine] == 0).all()
        assert (read(item, name)[~fine] > 0).mean() > 0.99


def test_neighbours_see_the_same_pixels_where_they_overlap(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    west, east = pair.tiles
    shared = int((west.grid.bounds[2] - east.grid.bounds[0]) / 10)
    by_time: dict[object, dict[str, pystac.Item]] = {}
    for item in scenes_of(pair_archive):
        by_time.setdefault(item.datetime, {})[item.properties["s2:mgrs_tile"]] = item
    both = next(pass_ for pass_ in by_time.values() if len(pass_) == 2)
    left = read(both[west.tile], "B04")[:, -shared:]
    assert np.array_equal(left, read(both[east.tile], "B04")[:, :shared])


def test_all_nine_land_classes_are_in_both_tiles(pair: ArchiveSpec, pair_archive: ArchivePaths):
    areas = json.loads((pair_archive.truth / "areas.json").read_text())["years"]
    for year in pair.years:
        for area in pair.tiles:
            counts = areas[str(year)]["tiles"][area.tile]["all"]
            total = sum(c["pixels"] for c in counts.values())
            assert total == area.grid.height * area.grid.width
            assert all(counts[c.name]["pixels"] >= 0.008 * total for c in KARRA_10.land)


def test_a_few_places_change_between_years_and_the_record_says_where(
    pair_archive: ArchivePaths,
):
    events = json.loads((pair_archive.truth / "changes.json").read_text())
    assert {"clear_cut", "new_built"} <= {e["what"] for e in events}
    both = []
    for year in (2022, 2023):
        with rasterio.open(pair_archive.truth / "33TVM" / str(year) / "class.tif") as source:
            both.append(source.read(1))
    assert 0 < (both[0] != both[1]).mean() < 0.08


def test_duplicate_processings_hold_the_same_pixels_under_another_offset(
    tiny: ArchiveSpec, tmp_path: Path
):
    spec = dataclasses.replace(tiny, duplicates_per_year=1)
    items = scenes_of(write_archive(spec, tmp_path / "d"))
    assert len(items) == tiny.scenes_per_year + 1
    times = [i.datetime for i in items]
    old, new = sorted(
        (i for i in items if times.count(i.datetime) == 2),
        key=lambda i: i.properties["s2:processing_baseline"],
    )
    assert old.properties["s2:processing_baseline"] < "04.00"
    assert new.properties["s2:processing_baseline"] >= "04.00"
    before, after = read(old, "B04").astype(int), read(new, "B04").astype(int)
    assert (after[before > 0] - before[before > 0] == 1000).all()
