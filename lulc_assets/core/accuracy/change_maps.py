"""A change map judged by two interpretations, and change by zone.

What belongs here: bringing mapped change, or zones, onto the units of a sample. What does not:
areas of change of a region (``paired.py``) and estimators (``core/estimation``).
"""

from collections.abc import Sequence

import geopandas
import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.paired import (
    change_on_sample,
    check_frame,
    refuse_other_units,
    strata_as_drawn,
)
from lulc_assets.core.accuracy.zone_files import Zones
from lulc_assets.core.accuracy.zones import estimate_zone_areas
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.change import ChangeAreas
from lulc_assets.core.estimation.measures import Figures, estimate_figures
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import observe
from lulc_assets.core.sampling.sample import ReferenceSample

Codes = npt.NDArray[np.int64]

ANY_CHANGE = ("change", "no change")
OF_CLASS = ("loss", "gain", "stable class", "stable rest")


def judge_change_map(
    before_maps: Sequence[MapFile],
    after_maps: Sequence[MapFile],
    before: ReferenceSample,
    after: ReferenceSample,
    *,
    of: str = "",
    settings: AccuracySettings | None = None,
) -> tuple[tuple[str, ...], Figures]:
    """User's and producer's accuracy of the change that two maps show.

    Args:
        before_maps: maps of the first date.
        after_maps: of the second date.
        before: sample, interpreted at the first date.
        after: the same units at the second date.
        of: name of the class whose loss and gain are meant; empty: any change of class.
        settings: None for the defaults.

    Returns:
        The names of the classes of change, and their figures.

    Raises:
        InvalidSample: other units or designs, units off the maps, an unknown class, or no unit
            with a class everywhere.
    """
    refuse_other_units(before, after)
    land = before_maps[0].legend.land
    k = len(land)
    shown = []
    area_ha = 0.0
    for maps, sample in ((before_maps, before), (after_maps, after)):
        population = observe((one.part() for one in maps), sample, k)
        check_frame(sample, population.map_codes)
        shown.append(population.map_codes)
        area_ha = float(population.class_areas_ha.sum())
    found = [s.units["class_code"].to_numpy(dtype=np.int64) for s in (before, after)]
    known = np.all([(c >= 1) & (c <= k) for c in (*shown, *found)], axis=0)
    if not known.any():
        raise InvalidSample("no unit has a class on both maps and at both dates")
    names = OF_CLASS if of else ANY_CHANGE
    code = before_maps[0].legend.code_of(of) if of else 0
    mapped, reference = (_kinds(one[known], other[known], code) for one, other in (shown, found))
    figures = estimate_figures(
        mapped,
        reference,
        strata_as_drawn(before, settings, known),
        area_ha=area_ha,
        titles=names,
        settings=settings or AccuracySettings(),
    )
    return names, figures


def change_by_zone(
    before: ReferenceSample,
    after: ReferenceSample,
    maps: Sequence[MapFile],
    zones: Zones,
    settings: AccuracySettings | None = None,
) -> dict[str, ChangeAreas | None]:
    """Areas of change in each zone, a domain of the sample; None where it has no unit.

    Raises:
        InvalidSample: as for :func:`~.paired.change_on_sample`.
        InvalidZones: every zone lies outside every map.
    """
    rows, _ = estimate_zone_areas(maps, zones, year=0)
    points = geopandas.GeoSeries(before.units.geometry).to_crs(zones.frame.crs)
    shapes = dict(zip(zones.frame["zone"], zones.frame.geometry, strict=True))
    found: dict[str, ChangeAreas | None] = {}
    for row in rows:
        inside = points.within(shapes[row.zone]).to_numpy()
        found[row.zone] = None
        if inside.any():
            found[row.zone] = change_on_sample(
                before,
                after,
                area_ha=row.report.total_area_ha - row.report.no_data_area_ha,
                titles=[c.name for c in maps[0].legend.land],
                settings=settings,
                domain=inside,
            )
    return found


def _kinds(before: Codes, after: Codes, code: int) -> Codes:
    """Kind of change of each unit, from 1, in the order of the names."""
    if not code:
        return np.where(before != after, 1, 2)
    was, becomes = before == code, after == code
    return np.select([was & ~becomes, becomes & ~was, was], [1, 2, 3], 4)
