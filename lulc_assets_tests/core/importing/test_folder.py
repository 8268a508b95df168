"""Folders of other people's imagery: what is read of it, and what is refused, by file."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes, selected_recipes
from lulc_assets.core.errors import IncompleteItem, NoReadableScenes
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.core.importing.folder import import_folder
from lulc_assets.core.importing.naming import read_bands, read_date
from lulc_assets.core.importing.stacks import ImportOptions
from lulc_assets.core.scene.bands import RGB

TILE, YEAR = "33TVL", 2023
GRID = PixelGrid(32633, 465_000.0, 5_080_200.0, 60, 60)
NAMES = ("B04", "B03", "B02", "SCL")


def stack(path: Path, names=NAMES, crs="EPSG:32633", dtype="uint16", offset=0, x0=None) -> Path:
    rng = np.random.default_rng(5)
    pixels = rng.integers(200, 3000, (len(names), *GRID.shape)) + offset
    for place, name in enumerate(names):
        if name == "SCL":
            pixels[place] = 4
            pixels[place, :6] = 9
    if dtype == "float32":
        pixels = np.where(np.array(names)[:, None, None] == "SCL", pixels, pixels / 10_000)
    path.parent.mkdir(parents=True, exist_ok=True)
    transform = Affine(10, 0, GRID.x0 if x0 is None else x0, 0, -10, GRID.y0)
    with rasterio.open(
        path, "w", driver="GTiff", height=60, width=60, count=len(names), dtype=dtype, crs=crs,
        transform=transform,
    ) as target:  # fmt: skip
        target.write(pixels.astype(dtype))
        target.descriptions = tuple(names)
    return path


def recipes_of(catalog: Path, roles=RGB):
    found = search_scenes(str(catalog), TILE, YEAR, GRID, roles=roles)
    assert not found.rejected
    return found.recipes


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_a_stack_becomes_a_scene_with_its_numbers(tmp_path, dtype):
    path = stack(tmp_path / "Tal_2023-05-17.tif", dtype=dtype)
    found = import_folder(tmp_path)
    (recipe,) = recipes_of(found.catalog)
    assert recipe.date == "2023-05-17"
    assert recipe.offset_open
    assert found.scenes[0].cloud_pct == pytest.approx(10)
    table = select_scenes([recipe], GRID, SelectionSettings(lattice_px=60))
    (proven,) = selected_recipes(table)
    with rasterio.open(path) as source:
        red = source.read(1).astype(np.float64)
    block = read_scene(proven, GRID)
    expected = red if dtype == "float32" else red / 10_000
    assert np.allclose(block.reflectance[0], expected, atol=1e-4)
    assert (block.scl[:6] == 9).all()
    assert (block.scl[6:] == 4).all()


def test_a_second_import_does_not_take_its_own_bands_for_stacks(tmp_path):
    stack(tmp_path / "a_20230517.tif")
    first = import_folder(tmp_path)
    again = import_folder(tmp_path)
    assert [s.id for s in again.scenes] == [s.id for s in first.scenes]
    assert not again.refused


def test_a_mask_beside_the_stack_counts(tmp_path):
    stack(tmp_path / "a_20230517.tif", names=NAMES[:3])
    with rasterio.open(tmp_path / "a_20230517.tif") as source:
        profile = {**source.profile, "count": 1, "dtype": "uint8"}
    with rasterio.open(tmp_path / "a_20230517_clouds.tif", "w", **profile) as target:
        clouds = np.zeros(GRID.shape, np.uint8)
        clouds[:30] = 7
        target.write(clouds, 1)
    found = import_folder(tmp_path, ImportOptions(mask="_clouds"))
    assert found.scenes[0].cloud_pct == pytest.approx(50)
    assert found.scenes[0].mask == "file"


def test_without_a_mask_the_collection_says_so(tmp_path):
    stack(tmp_path / "a_20230517.tif", names=NAMES[:3])
    with pytest.raises(NoReadableScenes, match="--mask none"):
        import_folder(tmp_path)
    found = import_folder(tmp_path, ImportOptions(mask="none"))
    assert recipes_of(found.catalog)[0].collection == "files-unmasked"


def test_a_stack_over_two_tiles_is_a_scene_of_each(tmp_path):
    stack(tmp_path / "a_20230517.tif", x0=499_700.0)
    assert {s.tile for s in import_folder(tmp_path).scenes} == {"33TVL", "33TWL"}


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("a_20230517", {"crs": None}, "coordinate reference system"),
        ("a_20230517", {"crs": "EPSG:3857"}, "warp it"),
        ("valley", {}, "no date"),
        ("a_20230517_20230602", {}, "several dates"),
        ("a_20230517", {"names": ("x", "y", "z")}, "which band is which"),
        ("a_20230517", {"names": ("B04_20230517", "B03_20230602", "SCL")}, "several dates"),
        ("a_20230517", {"names": ("B04", "B04", "SCL")}, "twice"),
    ],
)
def test_what_is_no_scene_is_refused_by_name(tmp_path, name, change, said):
    stack(tmp_path / "good_20230601.tif")
    stack(tmp_path / f"{name}.tif", **change)
    found = import_folder(tmp_path)
    assert [s.sensed.date().isoformat() for s in found.scenes] == ["2023-06-01"]
    assert list(found.refused) == [f"{name}.tif"]
    with pytest.raises(NoReadableScenes, match=said):
        (tmp_path / "good_20230601.tif").unlink()
        import_folder(tmp_path)


PRODUCT = "S2B_MSIL2A_20230517T100029_N0509_R122_T33TVL_20230517T142301"


def safe(folder: Path, level: str = "L2A") -> Path:
    """A product as ESA lays it out, with three bands and, at level 2A, SCL."""
    name = PRODUCT.replace("L2A", level)
    root = folder / f"{name}.SAFE"
    images = root / "GRANULE" / "L2A_T33TVL_A000" / "IMG_DATA"
    rng = np.random.default_rng(2)
    files = {f"R10m/T33TVL_20230517T100029_{b}_10m.jp2": 1 for b in NAMES[:3]}
    files["R20m/T33TVL_20230517T100029_SCL_20m.jp2"] = 2
    files["R20m/T33TVL_20230517T100029_B04_20m.jp2"] = 2
    if level == "L1C":
        files = {f"T33TVL_20230517T100029_{b}.jp2": 1 for b in NAMES[:3]}
    for file, step in files.items():
        path = images / file
        path.parent.mkdir(parents=True, exist_ok=True)
        scl = "SCL" in file
        values = (
            np.full((60 // step,) * 2, 4) if scl else rng.integers(1200, 3000, (60 // step,) * 2)
        )
        with rasterio.open(
            path, "w", driver="JP2OpenJPEG", height=60 // step, width=60 // step, count=1,
            dtype="uint8" if scl else "uint16", crs="EPSG:32633", quality=100, reversible="YES",
            transform=Affine(10 * step, 0, GRID.x0, 0, -10 * step, GRID.y0),
        ) as target:  # fmt: skip
            target.write(values.astype("uint8" if scl else "uint16"), 1)
    text = "<a><Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment></a>"
    (root / f"MTD_MSI{level}.xml").write_text(text)
    return root


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_a_product_keeps_its_files_and_its_baseline(tmp_path, zipped):
    root = safe(tmp_path / "elsewhere" if zipped else tmp_path)
    folder = tmp_path
    if zipped:
        folder = tmp_path / "zips"
        folder.mkdir()
        with zipfile.ZipFile(folder / f"{PRODUCT}.zip", "w") as archive:
            for path in root.rglob("*"):
                archive.write(path, path.relative_to(root.parent))
            archive.writestr("../escaped_B04_10m.jp2", b"x")
    found = import_folder(folder)
    assert not (tmp_path / "escaped_B04_10m.jp2").exists()
    (recipe,) = recipes_of(found.catalog)
    assert (recipe.baseline, recipe.offset_dn, recipe.driver) == ("05.09", -1000, "JP2OpenJPEG")
    assert recipe.cloud_cover_pct == 12.5
    assert recipe.bands["red"].href.endswith("B04_10m.jp2")
    block = read_scene(recipe, GRID)
    assert 0.0199 < float(block.reflectance.min()) < float(block.reflectance.max()) <= 0.2001


def test_level_1c_has_no_mask_and_says_so(tmp_path):
    safe(tmp_path, "L1C")
    found = import_folder(tmp_path)
    (recipe,) = recipes_of(found.catalog)
    assert (recipe.level, recipe.collection) == ("L1C", "files-unmasked")
    assert (read_scene(recipe, GRID).scl == 4).all()


def test_a_date_stands_where_the_pattern_says():
    assert read_date("stack_17052023_v2", "stack_%d%m%Y*").isoformat() == "2023-05-17"
    assert read_date("x2023137", "x%Y%j").isoformat() == "2023-05-17"
    with pytest.raises(IncompleteItem, match="--date"):
        read_date("stack_2023", "stack_%d%m%Y")


def test_bands_may_be_named_or_left_out():
    assert read_bands("a", [None] * 3, ["red", "-", "scl"]) == ["red", "", "scl"]
    assert read_bands("a", ["20230517 B8A", "SCL", "ndvi"], []) == ["nir08", "scl", ""]
