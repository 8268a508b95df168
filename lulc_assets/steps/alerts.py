"""Steps of alerts: a year's predictions against the map of the year before.

What belongs here: ``change_alerts``: which states go on, layers, polygons, feed. What does not:
judging (``core/alerts``), telling anybody (``alert_delivery``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from lulc_assets.core.alerts.baseline import BaselineSource, write_baseline
from lulc_assets.core.alerts.feed import write_geojson, write_stac
from lulc_assets.core.alerts.ladder import Step as LadderStep
from lulc_assets.core.alerts.pixels import LAYERS, read_alert_pixels, write_layers
from lulc_assets.core.alerts.polygons import alert_polygons, write_alerts
from lulc_assets.core.alerts.replay import withdrawn_scenes
from lulc_assets.core.change.dates import observations_by_date
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.figures.change import alerts_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.publish import stored_name
from lulc_assets.core.store.records import Record
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.steps.change_evidence import read_evidence
from lulc_assets.steps.maps import kept_parts, predicted_scenes
from lulc_assets.steps.products import (
    ANNUAL_MAP,
    CHANGE_ALERTS,
    CHANGE_EVIDENCE,
    SCENE_PREDICTIONS,
)
from lulc_assets.steps.properties import (
    AlertProperties,
    EvidenceProperties,
    MapProperties,
    PredictionsProperties,
)
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.alerts.judge import Judge
    from lulc_assets.core.alerts.update import JudgedYear

ALERT_TABLE = "alerts.parquet"
FEED = "alerts.geojson"
STAC_FEED = "alerts_stac.json"
BASELINE_FILE = "baseline.zip"
STEPS = tuple(one.name.lower() for one in LadderStep if one is not LadderStep.NONE)

AlertStep = Step[TileYear, AlertProperties]


@dataclass(frozen=True)
class _Inputs:
    """What alerts are judged from."""

    predictions: Record[PredictionsProperties]
    former: Record[MapProperties]
    evidence: Record[EvidenceProperties]


def make_change_alerts(work: Workbench, key: TileYear) -> Record[AlertProperties]:
    """Judge a year's scenes against the map of the year before.

    The states of the former update are gone on from where their dates are still right; the
    product is the same as that of judging all dates anew, byte by byte.

    Files: ``state_<name>.zip``, ``baseline.zip``, the layers of ``core/alerts/pixels`` as COGs,
    ``alerts.parquet`` (GeoParquet), ``alerts.geojson`` and ``alerts_stac.json`` (feeds),
    ``item.json`` (STAC) and a picture. Without a map of the year before, or without evidence
    across years, the record says so and has no file.

    Raises:
        InvalidProduct: map, scenes and evidence are not all of one model and legend.
    """
    step, grid = work.step(CHANGE_ALERTS, key), work.grid(key.tile)
    predictions, evidence = step.read(SCENE_PREDICTIONS), step.read(CHANGE_EVIDENCE)
    former = step.find(ANNUAL_MAP, key.former) if key.year > FIRST_YEAR else None

    def build(scratch: Path) -> Made[AlertProperties]:
        bundle = predictions.properties.bundle
        if former is None or not evidence.properties.across_years:
            reason = f"no baseline: {key.tile} is not mapped in {key.year - 1}"
            if former is not None:
                why = evidence.properties.reason or "no labelled year has a map of the year before"
                reason = f"no evidence: {why}"
            return Made({}, AlertProperties("", reason, bundle, work.legend.digest, grid))
        inputs = _Inputs(predictions, former, evidence)
        _require_one_model(work, inputs, key)
        return _judge(step, inputs, grid, scratch)

    settings = {
        "grid": grid,
        "alerts": dict(vars(work.project.alerts)),
        "legend": work.legend.digest,
        "composite": work.project.composite.identity(work.legend),
    }
    return step.make(settings, build)


def read_alert_table(work: Workbench, record: Record[AlertProperties]) -> gpd.GeoDataFrame | None:
    """The alerts of a record; None where it only says why there are none."""
    return gpd.read_parquet(work.open(record, ALERT_TABLE)) if ALERT_TABLE in record.files else None


def _require_one_model(work: Workbench, inputs: _Inputs, key: TileYear) -> None:
    bundles = {
        f"the map of {key.year - 1}": inputs.former.properties.bundle,
        f"the scenes of {key.year}": inputs.predictions.properties.bundle,
        "the evidence": inputs.evidence.properties.bundle,
    }
    if len(set(bundles.values())) > 1:
        listed = ", ".join(f"{what} of bundle {digest[:12]}" for what, digest in bundles.items())
        raise InvalidProduct(
            f"alerts of {key.title} compare what one model saw: {listed}. Map {key.year - 1} and "
            f"predict {key.year} with the promoted model, then materialize change_evidence"
        )
    former = inputs.former.properties
    if former.legend != work.legend.digest or former.grid != work.grid(key.tile):
        raise InvalidProduct(
            f"alerts of {key.title}: the map of {key.year - 1} has another legend or area of "
            "interest than the project; map that year again"
        )


def _judge(
    step: AlertStep, inputs: _Inputs, grid: PixelGrid, scratch: Path
) -> Made[AlertProperties]:
    from lulc_assets.core.alerts.judge import Judge  # numba

    work, key = step.work, step.key
    composite = work.project.composite
    source = BaselineSource(
        key.year - 1,
        work.open(inputs.former, "class.tif"),
        {part: work.open(inputs.former, n) for part, n in kept_parts(inputs.former).items()},
        {"map": inputs.former.digest},
    )
    baseline = write_baseline(source, grid, composite, scratch / BASELINE_FILE, work.legend)
    judge = Judge(
        key.year, grid, baseline, read_evidence(work, inputs.evidence), work.project.alerts,
        {"bundle": inputs.predictions.properties.bundle},
    )  # fmt: skip
    found, withdrawn, fresh = _update(step, judge, inputs, scratch)
    pixels = read_alert_pixels(
        found.states["latest"], baseline, grid, work.project.alerts, work.legend
    )
    layers = write_layers(pixels, grid, scratch)
    for name, path in layers.items():
        validate_layer(path, grid, dtype=_dtype(name), legal_values=None)
    prefix = f"{key.tile}-{key.year}"
    alerts = alert_polygons(pixels, grid, prefix, work.project.alerts, work.legend)
    properties = _properties(work, inputs, alerts, (found, withdrawn, fresh))
    files = {path.name: path for path in (*layers.values(), *found.states.values(), baseline)}
    files |= _feeds(work, key, alerts, properties, layers, scratch)
    before = read_raster(source.class_map)
    figure = alerts_figure(
        read_raster(layers["step"]), before, grid, work.legend, f"Alerts of {key.title}"
    )
    files["alerts.png"] = write_png(scratch, "alerts.png", figure)
    return Made(files, properties)


def _properties(
    work: Workbench,
    inputs: _Inputs,
    alerts: gpd.GeoDataFrame,
    update: "tuple[JudgedYear, tuple[str, ...], str]",
) -> AlertProperties:
    found, withdrawn, fresh = update
    of_step = {name: alerts[alerts["step"] == name] for name in STEPS}
    return AlertProperties(
        baseline=inputs.former.digest,
        reason="",
        bundle=inputs.predictions.properties.bundle,
        legend=work.legend.digest,
        grid=inputs.former.properties.grid,
        scenes_until=found.seen[-1][0] if found.seen else "",
        dates=len(found.seen),
        judged_dates=found.judged,
        alerts={name: len(rows) for name, rows in of_step.items()},
        area_ha={n: round(float(rows["area_ha"].sum()), 4) for n, rows in of_step.items()},
        withdrawn_scenes=withdrawn,
        fresh_reason=fresh,
    )


def _update(
    step: AlertStep, judge: "Judge", inputs: _Inputs, scratch: Path
) -> "tuple[JudgedYear, tuple[str, ...], str]":
    """The judged year, the scenes that are gone since the last time, and why nothing was kept."""
    from lulc_assets.core.alerts.judge import read_kept_state  # numba
    from lulc_assets.core.alerts.update import judge_year

    work = step.work
    scenes = predicted_scenes(work, inputs.predictions.properties.scenes)
    out, threads = scratch / "states", work.project.composite.threads
    fresh = ""
    try:
        kept = _kept_states(step)
        states = {name: read_kept_state(path, judge.grid) for name, path in kept.items()}
    except ProductCorrupt as error:
        kept, states, fresh = {}, {}, str(error)
    withdrawn = tuple(withdrawn_scenes(states.values(), observations_by_date(scenes)))
    if kept:
        try:
            found = judge_year(
                judge, scenes, out, kept=kept, threads=threads, progress=work.progress
            )
            return found, withdrawn, ""
        except (InvalidProduct, ProductCorrupt) as error:
            fresh = str(error)
            work.progress(0, len(scenes), f"all dates are judged anew: {error}")
    found = judge_year(judge, scenes, out, threads=threads, progress=work.progress)
    return found, withdrawn, fresh


def _kept_states(step: AlertStep) -> dict[str, Path]:
    """The states of the former update, by name; of another recipe or area none."""
    former = step.former
    if former is None or former.basis.version != CHANGE_ALERTS.version:
        return {}
    if former.properties.grid != step.work.grid(step.key.tile):
        return {}
    return {
        name.removeprefix("state_").removesuffix(".zip"): step.work.open(former, name)
        for name in sorted(former.files)
        if name.startswith("state_")
    }


def _feeds(
    work: Workbench,
    key: TileYear,
    alerts: gpd.GeoDataFrame,
    properties: AlertProperties,
    layers: Mapping[str, Path],
    scratch: Path,
) -> dict[str, Path]:
    about = {
        "tile": key.tile,
        "year": key.year,
        "scenes_until": properties.scenes_until,
        "withdrawn_scenes": list(properties.withdrawn_scenes),
    }
    hrefs = {name: f"./{stored_name(path)}" for name, path in layers.items()}
    item = write_map_item(
        scratch / "item.json",
        item_id=f"change_alerts-{key.tile}-{key.year}",
        year=key.year,
        grid=properties.grid,
        layers={n: (p, stored_name(p), LAYERS[n][1]) for n, p in layers.items()},
        legend=work.legend,
        properties={f"lulc:{name}": value for name, value in about.items()},
    )
    stac_about = {f"lulc:{name}": value for name, value in about.items()}
    return {
        ALERT_TABLE: write_alerts(alerts, scratch / ALERT_TABLE),
        FEED: write_geojson(alerts, scratch / FEED, about),
        STAC_FEED: write_stac(alerts, scratch / STAC_FEED, stac_about, hrefs),
        "item.json": item,
    }


def _dtype(layer: str) -> str:
    return "uint16" if layer in ("from_to", "first_on", "step_on") else "uint8"
