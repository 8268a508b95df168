"""Steps of the seasons: kept sums → maps of the seasons.

What belongs here: ``seasonal_maps``. The sums themselves come with the annual map.
"""

from collections.abc import Mapping
from pathlib import Path

from lulc_assets.core.compositing.seasonal import SeasonComposite, compose_seasons
from lulc_assets.core.compositing.seasons import Season
from lulc_assets.core.compositing.strategies import strategy_of
from lulc_assets.core.errors import InvalidProduct, InvalidProject
from lulc_assets.core.figures.maps import seasons_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.steps.maps import (
    item_layers,
    kept_parts,
    named_counts,
    no_data_pct,
    validate_layers,
)
from lulc_assets.steps.products import ANNUAL_MAP, SEASONAL_MAPS
from lulc_assets.steps.properties import MapProperties, SeasonFigures, SeasonProperties
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

SeasonStep = Step[TileYear, SeasonProperties]


def make_seasonal_maps(work: Workbench, key: TileYear) -> Record[SeasonProperties]:
    """Make the maps of a year's seasons from the kept sums of its annual map.

    A season that crosses the year's end takes the sums of the former year's annual map. If
    that is not there, or keeps other parts of the year, the season is made from this year's
    part alone, and the record says so.

    Files: for each season ``class_NAME.tif``, ``vote_share_NAME.tif``,
    ``observations_NAME.tif`` and ``item_NAME.json`` (STAC), and a picture of all.

    Raises:
        InvalidProject: the project has no seasons, or its strategy keeps no sums.
        InvalidProduct: the annual map was made with other seasons.
    """
    step, settings = work.step(SEASONAL_MAPS, key), work.project.composite
    own = step.read(ANNUAL_MAP)
    _require_seasons(work, own)
    former, grid = _former_year(step), work.grid(key.tile)

    def build(scratch: Path) -> Made[SeasonProperties]:
        sums = _open_sums(work, own)
        before = None if former is None else _open_sums(work, former)
        found = compose_seasons(
            sums, before, grid, settings, scratch, work.progress, legend=work.legend
        )
        files = {path.name: path for one in found.values() for path in one.files.values()}
        for season in settings.windows():
            validate_layers(work, found[season.name].files, grid)
            item = _write_item(work, key, season, found[season.name], own, scratch)
            files[item.name] = item
        figure = _draw_seasons(work, found)
        files["seasons.png"] = write_png(scratch, "seasons.png", figure)
        return Made(files, _properties(work, found))

    windows = {s.name: [list(s.first), list(s.last)] for s in settings.windows()}
    made_of = {"seasons": windows, "grid": grid, "composite": settings.identity(work.legend)}
    return step.make(made_of, build)


def _require_seasons(work: Workbench, own: Record[MapProperties]) -> None:
    settings = work.project.composite
    if not settings.windows():
        raise InvalidProject(
            'the project has no seasons; set [composite] seasons = "quarters", or windows of '
            "your own, and make the annual map again"
        )
    if strategy_of(settings).unit is None:
        raise InvalidProject(f"strategy {settings.strategy} keeps no sums to make seasons from")
    parts = {part.name for part in settings.parts()}
    if set(kept_parts(own)) != parts:
        raise InvalidProduct(
            f"{own.product} keeps sums of {', '.join(kept_parts(own)) or 'no parts'}, the seasons "
            f"need {', '.join(sorted(parts))}; materialize annual_map again"
        )


def _former_year(step: SeasonStep) -> Record[MapProperties] | None:
    """The former year's map, if a season needs it and its sums fit."""
    work, settings = step.work, step.work.project.composite
    crosses = any(season.crosses_year for season in settings.windows())
    if not crosses or step.key.year == FIRST_YEAR:
        return None
    former = work.find(ANNUAL_MAP, step.key.former)
    if former is None or former.properties.grid != work.grid(step.key.tile):
        return None
    fits = set(kept_parts(former)) == {part.name for part in settings.parts()}
    same = former.properties.rule.strategy == settings.strategy
    return step.read(ANNUAL_MAP, step.key.former) if fits and same else None


def _open_sums(work: Workbench, record: Record[MapProperties]) -> dict[str, Path]:
    return {part: work.open(record, name) for part, name in kept_parts(record).items()}


def _write_item(
    work: Workbench,
    key: TileYear,
    season: Season,
    found: SeasonComposite,
    own: Record[MapProperties],
    scratch: Path,
) -> Path:
    return write_map_item(
        scratch / f"item_{season.name}.json",
        item_id=f"seasonal_maps-{key.tile}-{key.year}-{season.name}",
        year=key.year,
        window=season.days(key.year),
        grid=work.grid(key.tile),
        layers=item_layers(found.files),
        legend=work.legend,
        properties={
            "lulc:tile": key.tile,
            "lulc:year": key.year,
            "lulc:season": season.name,
            "lulc:complete": found.complete,
            "lulc:bundle": own.properties.bundle,
        },
    )


def _draw_seasons(work: Workbench, found: Mapping[str, SeasonComposite]) -> bytes:
    maps = {
        name if one.complete else f"{name}, this year's part": (
            read_raster(one.files["class"]),
            read_raster(one.files["observations"]),
        )
        for name, one in found.items()
    }
    return seasons_figure(maps, work.legend)


def _properties(work: Workbench, found: Mapping[str, SeasonComposite]) -> SeasonProperties:
    return SeasonProperties(
        {
            name: SeasonFigures(
                complete=one.complete,
                datatakes=one.datatakes,
                observations_median=one.observations_median,
                no_data_pct=no_data_pct(one.class_counts),
                class_pixels=named_counts(work, one.class_counts),
            )
            for name, one in found.items()
        }
    )
