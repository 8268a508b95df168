"""Figures that the map assists, for a region and for its zones, beside the design-based ones.

What belongs here: bringing maps, zones and the sample's units together for the estimators of
``core/estimation/assisted.py``. What does not: those estimators, and the design-based reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.paired import strata_as_drawn
from lulc_assets.core.accuracy.zone_files import Zones
from lulc_assets.core.accuracy.zones import ZoneAreas
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.assisted import (
    Assisted,
    ZoneModel,
    estimate_assisted,
    estimate_zones,
)
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import observe
from lulc_assets.core.sampling.sample import ReferenceSample

HOW = "model-assisted: the map's areas, corrected by what the sample says against them"
MODEL = "model-based: assumes that map classes mean about the same in every zone"


@dataclass(frozen=True)
class _Region:
    """The usable units of a region and what the maps show."""

    usable: npt.NDArray[np.bool_]
    mapped: npt.NDArray[np.int64]
    reference: npt.NDArray[np.int64]
    strata: Strata
    class_areas_ha: npt.NDArray[np.float64]


def assist_region(
    maps: Sequence[MapFile], sample: ReferenceSample, settings: AccuracySettings | None = None
) -> Assisted:
    """Overall accuracy, producer's accuracies and areas of a region with the map's help.

    Raises:
        InvalidSample: no probability sample, or no unit with a class on map and ground.
    """
    region = _observe(maps, sample, settings)
    return estimate_assisted(
        region.mapped, region.reference, region.strata, region.class_areas_ha, settings
    )


def assist_zones(
    maps: Sequence[MapFile],
    zones: Zones,
    found: Sequence[ZoneAreas],
    sample: ReferenceSample,
    settings: AccuracySettings | None = None,
) -> dict[str, ZoneModel]:
    """Area shares in every zone with the map's help, by class name.

    Args:
        maps: of one legend.
        zones: as they were read.
        found: the areas of each of them, not crossed with another layer.
        sample: of the region.
        settings: None for the defaults.

    Raises:
        InvalidSample: no probability sample, or no usable unit.
    """
    region = _observe(maps, sample, settings)
    points = geopandas.GeoSeries(sample.units.geometry[region.usable]).to_crs(zones.frame.crs)
    inside = [points.within(shape).to_numpy() for shape in zones.frame.geometry]
    areas = [np.array([c.mapped_area_ha for c in one.report.classes]) for one in found]
    pairs = list(zip(inside, areas, strict=True))
    return {
        c.name: estimate_zones(
            region.mapped, region.reference == code, region.strata, code, pairs, settings
        )
        for code, c in enumerate(found[0].report.classes, start=1)
    }


def tabulate_assisted(names: Sequence[str], found: Assisted) -> dict[str, Any]:
    """The figures as plain JSON, with the sentence that says what they are."""
    return {
        "how": HOW,
        "overall": found.overall.to_dict(),
        "classes": {
            name: {
                "area_ha": found.areas_ha[i].to_dict(),
                "producers": found.producers[i].to_dict(),
                "variance_ratio": found.variance_ratios[i]
                if np.isfinite(found.variance_ratios[i])
                else None,
            }
            for i, name in enumerate(names)
        },
    }


def _observe(
    maps: Sequence[MapFile], sample: ReferenceSample, settings: AccuracySettings | None
) -> _Region:
    k = len(maps[0].legend.land)
    population = observe((one.part() for one in maps), sample, k)
    reference = sample.units["class_code"].to_numpy(dtype=np.int64)
    mapped = population.map_codes
    usable = (mapped >= 1) & (mapped <= k) & (reference >= 1) & (reference <= k)
    if not usable.any():
        raise InvalidSample("no unit of the sample has a class on the map and in the reference")
    strata = strata_as_drawn(sample, settings, usable)
    return _Region(usable, mapped[usable], reference[usable], strata, population.class_areas_ha)
