"""Tracing a place on the ground to the dates behind its grade of change.

What belongs here: from a point and a year to a change map's record and what it was made from. What
does not: the trace itself (``core/change/trace``), alerts (``alert_trace``).
"""

from typing import TYPE_CHECKING

from lulc_assets.core.change.layers import LAYERS
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.change_evidence import read_evidence
from lulc_assets.steps.mapped_years import open_mapped_year
from lulc_assets.steps.pixels import PlaceOnMap, find_pixel
from lulc_assets.steps.products import ANNUAL_MAP, CHANGE_EVIDENCE, CHANGE_MAP
from lulc_assets.steps.workbench import Workbench

if TYPE_CHECKING:
    from lulc_assets.core.change.trace import ChangeTrace


def trace_yearly_change(
    work: Workbench, lon: float, lat: float, year: int
) -> "tuple[PlaceOnMap, ChangeTrace]":
    """What each date of two years said for and against change at a point.

    Raises:
        PointOutside: the point is in no tile of the project.
        ProductNotFound: there is no change map of the tile and year.
        InvalidProduct: its record only says why there is none.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    from lulc_assets.core.change.pair import Pair
    from lulc_assets.core.change.trace import trace_change  # numba

    where = find_pixel(work, lon, lat)
    key = TileYear(where.tile, year)
    record = work.read(CHANGE_MAP, key)
    if record.properties.reason:
        raise InvalidProduct(f"change of {key.title}: {record.properties.reason}")
    former, current = (
        open_mapped_year(work, work.kept(ANNUAL_MAP, record.inputs[ANNUAL_MAP.at(one)]), one)
        for one in (key.former, key)
    )
    evidence = work.kept(CHANGE_EVIDENCE, record.inputs[CHANGE_EVIDENCE.at(Whole())])
    pair = Pair(
        former, current, read_evidence(work, evidence), work.project.change, work.project.composite
    )
    layers = {name: work.open(record, f"{name}.tif") for name in LAYERS}
    return where, trace_change(pair, record.properties.grid, layers, where.row, where.col)
