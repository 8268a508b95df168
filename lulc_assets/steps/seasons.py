"""Steps of the seasons: kept sums → maps of the seasons.

What belongs here: ``seasonal_maps``. The sums themselves come with the annual map.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lulc_assets.core.compositing.seasonal import SeasonComposite, compose_seasons
from lulc_assets.core.compositing.strategies import strategy_of
from lulc_assets.core.errors import InvalidProduct, InvalidProject
from lulc_assets.core.figures.maps import seasons_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.store.records import Record
from lulc_assets.steps.making import Made, Place, write_png
from lulc_assets.steps.maps import (
    item_layers,
    kept_parts,
    named_counts,
    no_data_pct,
    validate_layers,
)


def make_seasonal_maps(place: Place, tile: str, year: int) -> Record:
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
    grid, settings = place.grid(tile), place.project.composite
    own = place.record("annual_map", tile, year)
    former = _former_year(place, tile, year)
    _require_seasons(place, own)
    identity = {
        "sums": _sums_identity(own),
        "former_sums": None if former is None else _sums_identity(former),
        "seasons": {s.name: [list(s.first), list(s.last)] for s in settings.windows()},
        "grid": grid.to_dict(),
        "composite": settings.identity(),
        "legend": place.legend.digest,
    }

    def build(scratch: Path) -> Made:
        found = compose_seasons(
            _open_sums(place, own),
            None if former is None else _open_sums(place, former),
            grid,
            settings,
            scratch,
            place.progress,
        )
        files = {path.name: path for one in found.values() for path in one.files.values()}
        for season in settings.windows():
            validate_layers(place, found[season.name].files, grid)
            files[f"item_{season.name}.json"] = write_map_item(
                scratch / f"item_{season.name}.json",
                item_id=f"seasonal_maps-{tile}-{year}-{season.name}",
                year=year,
                window=season.days(year),
                grid=grid,
                layers=item_layers(found[season.name].files),
                legend=place.legend,
                properties={
                    "lulc:tile": tile,
                    "lulc:year": year,
                    "lulc:season": season.name,
                    "lulc:complete": found[season.name].complete,
                    "lulc:bundle": own.properties["bundle"],
                },
            )
        figure = _draw_seasons(place, found, f"Seasons of {tile} {year}")
        files["seasons.png"] = write_png(scratch, "seasons.png", figure)
        return Made(files, _seasonal_properties(place, found))

    return place.make(("seasonal_maps", tile, year), identity, build)


def _require_seasons(place: Place, own: Record) -> None:
    settings = place.project.composite
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


def _former_year(place: Place, tile: str, year: int) -> Record | None:
    """The former year's map, if a season needs it and its sums fit."""
    settings = place.project.composite
    if not any(season.crosses_year for season in settings.windows()):
        return None
    former = place.find("annual_map", tile, year - 1)
    if former is None or former.identity["grid"] != place.grid(tile).to_dict():
        return None
    fits = set(kept_parts(former)) == {part.name for part in settings.parts()}
    same = former.identity["composite"]["strategy"] == settings.strategy
    return former if fits and same else None


def _open_sums(place: Place, record: Record) -> dict[str, Path]:
    return {part: place.open(record, name) for part, name in kept_parts(record).items()}


def _sums_identity(record: Record) -> dict[str, str]:
    return {part: record.files[name].sha256 for part, name in kept_parts(record).items()}


def _draw_seasons(place: Place, found: Mapping[str, SeasonComposite], title: str) -> bytes:
    maps = {
        name if one.complete else f"{name}, this year's part": (
            read_raster(one.files["class"]),
            read_raster(one.files["observations"]),
        )
        for name, one in found.items()
    }
    return seasons_figure(maps, place.legend, title)


def _seasonal_properties(place: Place, found: Mapping[str, SeasonComposite]) -> dict[str, Any]:
    return {
        "seasons": {
            name: {
                "complete": one.complete,
                "datatakes": one.datatakes,
                "observations_median": one.observations_median,
                "no_data_pct": no_data_pct(one.class_counts),
                "class_pixels": named_counts(place, one.class_counts),
            }
            for name, one in found.items()
        },
        "incomplete": [name for name, one in found.items() if not one.complete],
    }
