"""Tracing a place on the ground to the dates behind its alert.

What belongs here: from a point and a year to a record of alerts and what it was judged from. What
does not: the trace itself (``core/alerts/trace``), votes of a map (``pixels``).
"""

from typing import TYPE_CHECKING

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.alerts import BASELINE_FILE
from lulc_assets.steps.change_evidence import read_evidence
from lulc_assets.steps.maps import predicted_scenes
from lulc_assets.steps.pixels import PlaceOnMap, find_pixel
from lulc_assets.steps.products import CHANGE_ALERTS, CHANGE_EVIDENCE, SCENE_PREDICTIONS
from lulc_assets.steps.properties import AlertProperties
from lulc_assets.steps.workbench import Workbench

if TYPE_CHECKING:
    from lulc_assets.core.alerts.trace import AlertTrace


def trace_alerts(
    work: Workbench, lon: float, lat: float, year: int
) -> "tuple[PlaceOnMap, AlertTrace]":
    """What each date of a year said for and against change at a point.

    Raises:
        PointOutside: the point is in no tile of the project.
        ProductNotFound: there are no alerts of the tile and year.
        InvalidProduct: their record only says why there are none, or the settings of the project
            are no longer those that they were judged by.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    where = find_pixel(work, lon, lat)
    key = TileYear(where.tile, year)
    return where, _trace(work, key, work.read(CHANGE_ALERTS, key), where)


def _trace(
    work: Workbench, key: TileYear, record: Record[AlertProperties], where: PlaceOnMap
) -> "AlertTrace":
    from lulc_assets.core.alerts.judge import Judge, state_name  # numba
    from lulc_assets.core.alerts.trace import trace_alert

    if BASELINE_FILE not in record.files:
        raise InvalidProduct(f"alerts of {key.title}: {record.properties.reason}")
    evidence = work.kept(CHANGE_EVIDENCE, record.inputs[CHANGE_EVIDENCE.at(Whole())])
    predictions = work.kept(SCENE_PREDICTIONS, record.inputs[SCENE_PREDICTIONS.at(key)])
    judge = Judge(
        key.year,
        record.properties.grid,
        work.open(record, BASELINE_FILE),
        read_evidence(work, evidence),
        work.project.alerts,
        {"bundle": predictions.properties.bundle},
    )
    scenes = predicted_scenes(work, predictions.properties.scenes)
    state = work.open(record, state_name("latest"))
    return trace_alert(judge, scenes, state, where.row, where.col)
