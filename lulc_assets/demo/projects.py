"""Project files of the demos, as a team would write them by hand.

What belongs here: the two projects and the reasons for their numbers. What does not:
running them.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from lulc_assets.core.grid import PixelGrid, tile_grid
from lulc_assets.running.home import write_unless_edited
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import GOLD_DRAWINGS, ArchivePaths

SLOVENIA_TILE = "33TVL"
SLOVENIA_YEAR = 2015
SLOVENIA_AREA = PixelGrid(32633, 465_190.0, 5_080_250.0, 100, 99)

_SIMULATED = """\
# A project of the simulated archive. Every path is relative to this file.
name = "Simulated demo"
pages = "."
attribution = "Simulated Sentinel-2 scenes and labels; no real place looks like this."
licence = "CC0-1.0"

[catalog]
location = {catalog}

{tiles}
[regions.{region}]
tiles = {tile_keys}
{samples}
[labels]
path = {labels}
layer = "labels"
class_column = "class_name"
crosswalk = "karra-10"
role_column = "role"
gold_path = {gold}
annotator_column = "annotator"      # three a gold window: only what all call the same is gold

[training]      # the model learns from one tile and is judged on all
tiles = [{training_tile}]
years = {years}

{settings}"""

DEMO_SETTINGS = """\
[chips]
gold_apart = "pixel"      # areas of 10 km: else gold windows cost half of the training chips
max_cloud_share = 0.5     # and few chips of 128 px have less than 15 % clouds on each date

[recipe]                  # a budget of a few minutes on two cores
architecture = "Unet"
max_chip_views = 6500
max_epochs = 100
batch_size = 8            # twice the steps for the same chips
learning_rate = 0.002
dropout = 0.05            # 0.2 on a head of 16 channels underfits in so few steps
plateau_patience = 100    # the loss of a few dozen validation chips is noisy: no plateau
early_stop_patience = 100 # of it is believed, the rate falls once, for the last epochs
cooldown_epochs = 3

[composite]
seasons = "quarters"

[composite.weights_256]   # snow wins where it is seen three times as surely as the rest
snow_ice = 77

[zones]                   # areas by district on the region's page
path = "districts.gpkg"
name = "district"
"""

_REAL = """\
# Five real acquisitions of 2015 over one square kilometre of Slovenia, level L1C.
name = "Slovenia 2015"
pages = "."
attribution = "Contains modified Copernicus Sentinel data 2015. Labels: Ministry of \
Agriculture, Forestry and Food, Slovenia. Prepared by eo-learn (MIT)."

[catalog]
location = {catalog}

[tiles.33TVL]
window = {window}   # row, column, height, width on the tile's own 10 m grid
place = "Slovenia, 1 km²"

[regions.slovenia]   # no probability sample: held-out polygons show plain agreement
tiles = ["33TVL"]

[labels]
path = {labels}
class_column = "LULC_ID"
crosswalk = "slovenian-lulc"
holdout_share = 0.3
gold_share = 0.15
seed = 3
draw_roles_after_cut = true   # among the polygons of this square kilometre

[training]
tiles = ["33TVL"]
years = [2015]

[chips]          # one square kilometre: the layout of tiny areas is chosen from its size and labels
min_dates = 3
seed = 2

[windows]
block_px = 128
halo_px = 32
"""


def _ignore(_: str) -> None:
    """Tell nobody."""


def write_simulated_project(
    folder: Path,
    spec: ArchiveSpec,
    archive: ArchivePaths,
    settings: str = DEMO_SETTINGS,
    say: Callable[[str], None] = _ignore,
) -> Path:
    """Write ``project.toml`` of a simulated archive that lies beside it; an edited one stays.

    Args:
        folder: of the project.
        spec: what the archive was made from.
        archive: where its parts are.
        settings: TOML sections of chips, training and maps.
        say: told where an edited file stays.
    """
    tiles = "".join(
        f"[tiles.{t.tile}]\nwindow = {list(_window(t.tile, t.grid))}\nplace = "
        f'"simulated {name}"\n\n'
        for t, name in zip(spec.tiles, _names(len(spec.tiles)), strict=True)
    )
    samples = "".join(
        f"[regions.{spec.name}.samples.{year}]\n"
        f"points = {_path(folder, points)}\n"
        f"design = {_path(folder, points.with_suffix('.json'))}\n"
        'layer = "sample"\n'
        for year, points in archive.samples.items()
    )
    text = _SIMULATED.format(
        catalog=_path(folder, archive.catalog),
        tiles=tiles,
        region=spec.name,
        tile_keys=json.dumps([t.tile for t in spec.tiles]),
        samples=samples,
        labels=_path(folder, archive.labels),
        gold=_path(folder, archive.root / GOLD_DRAWINGS),
        training_tile=json.dumps(spec.tiles[0].tile),
        years=list(spec.years),
        settings=settings,
    )
    return _write(folder, text, say)


def write_slovenian_project(folder: Path, data: Path, say: Callable[[str], None] = _ignore) -> Path:
    """Write ``project.toml`` of the real acquisitions; an edited one stays.

    Args:
        folder: of the project.
        data: the folder ``slovenia_2015``.
        say: told where an edited file stays.
    """
    text = _REAL.format(
        catalog=json.dumps(str(data / "catalog.json")),
        labels=json.dumps(str(data / "lulc_polygons.gpkg")),
        window=list(_window(SLOVENIA_TILE, SLOVENIA_AREA)),
    )
    return _write(folder, text, say)


def _window(tile: str, area: PixelGrid) -> tuple[int, int, int, int]:
    found = tile_grid(tile).window_of(area)
    return found.row, found.col, found.height, found.width


def _names(count: int) -> Sequence[str]:
    return ("west", "east") if count == 2 else [f"area {n}" for n in range(1, count + 1)]


def _path(folder: Path, path: Path) -> str:
    return json.dumps(str(path.relative_to(folder)))


def _write(folder: Path, text: str, say: Callable[[str], None]) -> Path:
    path = folder / "project.toml"
    if not write_unless_edited(path, text):
        say(f"{path} was edited and is used as it is; move it away for the demo's own")
    return path
