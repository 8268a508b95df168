"""A model that exists over a new area: no labels, no project, no Dagster.

What belongs here: from an area to its map, tile by tile. What does not: each step of it (rooms
of the domain), maps that are kept up to date (a project does that).

Predicted scenes lie in a hidden folder of the output until the map is whole, so that a call that
was stopped goes on.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.accuracy.build import build_region_report
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.aoi import TileOfArea, cover_area
from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes, selected_recipes
from lulc_assets.core.catalog.table import require_judged
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import (
    AllScenesFailed,
    ImageryUnreachable,
    NoReadableScenes,
    SceneError,
)
from lulc_assets.core.exporting.map_files import (
    map_item,
    open_to_all,
    write_map_files,
    write_maps_catalogue,
)
from lulc_assets.core.exporting.mosaic import MosaicTile, mosaic_grid
from lulc_assets.core.exporting.tables import class_table, write_csv
from lulc_assets.core.figures.quicklook import class_thumbnail
from lulc_assets.core.grid import PixelGrid, pixel_areas_ha, tile_grid
from lulc_assets.core.imagery.cog import read_coarse, read_raster
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.core.pages.content import PageFigure, RegionPage
from lulc_assets.core.pages.rendering import render_region_page
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.publishing.catalogue import Credit
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.seams import counted_mask
from lulc_assets.core.store.canonical import digest_of, identity_of
from lulc_assets.core.whole_files import whole_file
from lulc_assets.running.map_request import MapRequest

if TYPE_CHECKING:
    from lulc_assets.core.inference.engine import Predictor

WORK = ".predictions"
LAYERS = ("class", "probability", "mask")
_PICTURE_PX = 1024


def map_area(
    request: MapRequest,
    out: Path,
    progress: Progress = silent,
    warn: Callable[[str], None] = lambda _line: None,
) -> dict[str, Path]:
    """Map an area and write the map, the areas of its classes, a STAC catalogue and a page.

    Files: ``maps/land_cover_….tif``, ``vote_share``, ``observations``, ``classes.csv``,
    ``stac/catalog.json``, ``index.html``.

    Args:
        request: what.
        out: folder; made if missing.
        progress: told how far the work is.
        warn: told of scenes that had to be left out.

    Returns:
        Layer → file.

    Raises:
        NoReadableScenes: a tile has no scene that the model can see.
        AllScenesFailed: none of a tile's scenes could be predicted.
        CatalogError: the catalogue does not answer.
    """
    from lulc_assets.core.inference.choose import choose_engine  # loads an engine

    cover, legend = cover_area(request.area), request.bundle.legend
    predictor = choose_engine(request.bundle, InferenceSettings())
    work = out / WORK
    grids, layers = {}, []
    for each in cover:
        grids[each.tile] = tile_grid(each.tile).cut(each.window)
        made = _map_tile(request, each, grids[each.tile], (predictor, work), (progress, warn))
        layers.append((each.tile, made))
    grid = mosaic_grid(list(grids.values()), request.area, request.crs)
    parts = {
        name: [MosaicTile(tile, grids[tile], files[name]) for tile, files in layers]
        for name in ("class", "vote_share", "observations")
    }
    maps = write_map_files(out / "maps", request.title, grid, parts, request.area, legend, progress)
    report = _report(request, parts["class"])
    write_csv(
        out / "classes.csv", class_table([report], {c.name: c.parent for c in legend.classes})
    )
    item = map_item(f"land_cover-{request.title}", grid, request.days, maps, legend,
                    {"lulc:bundle": request.bundle.digest})  # fmt: skip
    write_maps_catalogue(out / "stac", Credit(request.name, "other", ""), [item], legend)
    _write_page(request, out / "index.html", maps["class"], report)
    shutil.rmtree(work, ignore_errors=True)
    open_to_all(out)
    return maps


def _map_tile(
    request: MapRequest,
    tile: TileOfArea,
    grid: PixelGrid,
    tools: tuple["Predictor", Path],
    heard: tuple[Progress, Callable[[str], None]],
) -> dict[str, Path]:
    """The three layers of a tile."""
    (_, work), (progress, _) = tools, heard
    recipes = _find_scenes(request, tile.tile, grid, progress)
    scenes = _predict(request, tile.tile, grid, recipes, tools, heard)
    folder = work / f"{tile.tile}-{request.title}"
    settings = CompositeSettings()
    found = compose_year(
        scenes, grid, settings, folder, legend=request.bundle.legend, progress=progress
    )
    return dict(found.files)


def _find_scenes(
    request: MapRequest, tile: str, grid: PixelGrid, progress: Progress
) -> list[SceneRecipe]:
    first, last = request.days
    recipes, rejected = [], []
    for year in range(first.year, last.year + 1):
        found = search_scenes(
            request.catalog, tile, year, grid,
            collection=request.collection, roles=request.bundle.bands, progress=progress,
        )  # fmt: skip
        recipes += [r for r in found.recipes if first <= date.fromisoformat(r.date) <= last]
        rejected += found.rejected
    where = f"{tile} {request.title.replace('_', ' ')}"
    if not recipes and rejected:
        raise NoReadableScenes(
            f"{where}: none of {len(rejected)} items can be read, for example "
            f"{rejected[0].id}: {rejected[0].reason}"
        )
    if not recipes:
        raise NoReadableScenes(f"{where}: no scene from {first} to {last}; choose other days")
    for recipe in recipes[:1]:
        request.bundle.require(recipe)  # before hours of reading
    table = select_scenes(recipes, grid, SelectionSettings(), rejected, progress)
    require_judged(table, where)
    return selected_recipes(table)


def _predict(
    request: MapRequest,
    tile: str,
    grid: PixelGrid,
    recipes: Sequence[SceneRecipe],
    tools: tuple["Predictor", Path],
    heard: tuple[Progress, Callable[[str], None]],
) -> list[PredictedScene]:
    from lulc_assets.core.inference.scene import predict_scene  # loads an engine

    (predictor, work), (progress, warn) = tools, heard
    windows, scenes, failures = WindowSettings(), [], []
    whole = tile_grid(tile)
    needs = windows.identity(grid, request.bundle.footprint, whole)
    for number, recipe in enumerate(recipes, start=1):
        made_of = [request.bundle.digest, recipe, grid, needs, predictor]
        content = digest_of(identity_of(made_of))
        folder = work / content[:32]
        try:
            if not folder.is_dir():
                with _whole_folder(folder) as scratch:
                    predict_scene(recipe, grid, predictor, scratch, windows, within=whole)
        except ImageryUnreachable:
            raise  # the place does not answer: nobody looked
        except SceneError as error:
            failures.append(f"{recipe.id}: {error}")
            warn(f"left out: {failures[-1]}")
            continue
        fetch = partial(_layers_of, folder)
        scenes.append(PredictedScene(recipe.id, recipe.acquisition, recipe.date, content, fetch))
        progress(number, len(recipes), f"predicted {recipe.id}")
    if failures and not scenes:
        raise AllScenesFailed(
            f"none of {len(recipes)} scenes could be predicted; the first: {failures[0]}"
        )
    return scenes


def _layers_of(folder: Path) -> tuple[Path, Path, Path]:
    first, second, third = (folder / f"{name}.tif" for name in LAYERS)
    return first, second, third


@contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """A folder that has its name only when everything is in it."""
    part = path.with_name(f".{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    part.rename(path)


def _report(request: MapRequest, tiles: Sequence[MosaicTile]) -> AccuracyReport:
    """Mapped areas of the polygon; nothing is known of accuracy there."""
    grids = {tile.tile: tile.grid for tile in tiles}
    parts = (
        TilePart(
            tile.tile,
            read_raster(tile.path),
            counted_mask(tile.tile, grids, request.area),
            pixel_areas_ha(tile.grid),
            tile.grid,
        )
        for tile in tiles
    )
    bundle = request.bundle
    report = build_region_report(
        parts, None, key=request.name, year=request.year, legend=bundle.legend
    )
    return report.with_taught(bundle.taught)


def _write_page(request: MapRequest, path: Path, classes: Path, report: AccuracyReport) -> None:
    picture = class_thumbnail(read_coarse(classes, _PICTURE_PX), request.bundle.legend)
    caption = (
        "Made by a model that was trained elsewhere, or on other years; nothing here says how "
        "accurate it is on this ground. A reference sample does: lulc sample design."
    )
    page = RegionPage(
        region=request.name,
        year=request.year,
        title=f"{request.name} {request.season.name if request.season else ''}".strip(),
        report=report,
        tiles=(),
        provenance={"Model bundle": request.bundle.digest},
        legend=request.bundle.legend,
        overview=PageFigure("Map", picture, caption),
    )
    with whole_file(path) as part:
        part.write_text(render_region_page(page), encoding="utf-8")
