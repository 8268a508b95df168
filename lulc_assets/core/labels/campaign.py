"""A campaign: which windows annotators label, drawn by design and not by taste.

What belongs here: candidate windows, their strata, the draw, the files for annotators. What
does not: reference samples that estimate areas (``core/sampling``): windows for training
favour rare classes, and no area can be taken from them.

Karra et al. 2021 drew windows of 5 km stratified by biome, and more where rare classes are.
Here a stratum is a zone (biome, ecoregion, anything) and the rarest class that an existing
map shows on at least a share of the window. Zones get equal numbers of windows, and so do
the strata of a zone, as far as they have that many.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from lulc_assets.core.errors import LabelError
from lulc_assets.core.grid import PixelGrid, Window, owned_mask
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.sampling.map_file import MapFile, count_classes, read_window

UNMAPPED = "any"
"""Stratum of a window where there is no map."""


@dataclass(frozen=True)
class CampaignSettings:
    """What a campaign asks for.

    Attributes:
        windows: to label in all.
        window_m: side of a window, metres (Karra et al. 2021: 5 km).
        rare_share: a class counts as present in a window from this share on.
        gold_share: of the windows, for the gold standard.
        annotators: of each gold window; others have one.
        seed: of the draw.
    """

    windows: int
    window_m: float = 5000.0
    rare_share: float = 0.05
    gold_share: float = 0.2
    annotators: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.windows < 1 or self.window_m <= 0 or self.annotators < 2:
            raise LabelError("a campaign needs a window, a side, and two annotators for gold")
        if not (0 <= self.gold_share < 1 and 0 < self.rare_share <= 1):
            raise LabelError("gold_share must be in 0–1 (below 1) and rare_share in 0–1")


@dataclass(frozen=True)
class CampaignArea:
    """Where windows may lie: a tile's area of interest, maybe with a map of it."""

    tile: str
    grid: PixelGrid
    map: MapFile | None = None


def design_campaign(
    areas: Sequence[CampaignArea],
    settings: CampaignSettings,
    zones: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Draw the windows of a campaign.

    Windows lie on a lattice within the pixels that a tile owns, so that no ground is
    labelled twice; those without any class on the map are left out, and with zones those
    whose centre lies in none.

    Args:
        areas: of the campaign.
        settings: numbers and seed.
        zones: ``zone`` (name) and geometry, in any CRS.

    Returns:
        A row a drawn window: ``window_id, tile, zone, stratum, role`` (train, gold),
        ``annotators, stratum_windows`` (candidates in its stratum),
        ``inclusion_probability, geometry``; in the CRS of the tiles, or EPSG:4326 where
        they differ. Sorted by ``window_id``.

    Raises:
        LabelError: there are fewer candidates than windows.
    """
    frames = [_candidates(area, settings) for area in areas]
    crs = frames[0].crs if len({str(f.crs) for f in frames}) == 1 else "EPSG:4326"
    table = pd.concat([frame.to_crs(crs) for frame in frames], ignore_index=True)
    candidates = _with_zones(gpd.GeoDataFrame(table, geometry="geometry", crs=crs), zones)
    if len(candidates) < settings.windows:
        raise LabelError(
            f"{settings.windows} windows of {settings.window_m:g} m are wanted, {len(candidates)} "
            "fit; choose smaller windows, fewer of them, or a larger area"
        )
    rng = np.random.default_rng(settings.seed)
    chosen = []
    strata = candidates.groupby(["zone", "stratum"], sort=True).indices
    for key, number in _allocate(strata, settings.windows).items():
        members = strata[key]
        picked = candidates.iloc[rng.permutation(members)[:number]].copy()
        picked["stratum_windows"] = len(members)
        picked["inclusion_probability"] = number / len(members)
        chosen.append(picked)
    drawn = _with_roles(pd.concat(chosen, ignore_index=True), settings, rng)
    return gpd.GeoDataFrame(
        drawn.sort_values("window_id").reset_index(drop=True), geometry="geometry", crs=crs
    )


def _candidates(area: CampaignArea, settings: CampaignSettings) -> gpd.GeoDataFrame:
    size = round(settings.window_m / area.grid.pixel_m)
    owned = owned_mask(area.tile, area.grid) if area.tile else np.ones(area.grid.shape, bool)
    whole = Window(0, 0, *area.grid.shape)
    codes = None if area.map is None else read_window(area.map.path, whole)
    legend = KARRA_10 if area.map is None else area.map.legend
    by_rarity = None if area.map is None else _codes_by_rarity(area.map)
    rows = []
    for window in _lattice(owned, size):
        inside = bool(owned[window.slices].all())
        stratum: str | None = UNMAPPED
        if inside and codes is not None and by_rarity is not None:
            stratum = _stratum_of(codes[window.slices], by_rarity, settings.rare_share, legend)
        if inside and stratum is not None:
            rows.append(_row(area, window, stratum))
    columns = ["window_id", "tile", "stratum", "geometry"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=area.grid.epsg)


def _lattice(owned: npt.NDArray[np.bool_], size: int) -> list[Window]:
    """Whole windows side by side within the box around owned pixels."""
    rows, cols = np.flatnonzero(owned.any(axis=1)), np.flatnonzero(owned.any(axis=0))
    if not rows.size:
        return []
    return [
        Window(row, col, size, size)
        for row in range(int(rows[0]), int(rows[-1]) + 2 - size, size)
        for col in range(int(cols[0]), int(cols[-1]) + 2 - size, size)
    ]


def _row(area: CampaignArea, window: Window, stratum: str) -> tuple[object, ...]:
    grid = area.grid.cut(window)
    name = f"{area.tile or 'area'}-{grid.x0:.0f}-{grid.y0:.0f}"
    return name, area.tile, stratum, shapely.box(*grid.bounds)


def _codes_by_rarity(map_file: MapFile) -> list[int]:
    pixels = count_classes([map_file]).pixels
    return [int(c) for c in np.argsort(pixels, kind="stable") if c and pixels[c]]


def _stratum_of(
    codes: npt.NDArray[np.uint8], by_rarity: Sequence[int], least: float, legend: Legend
) -> str | None:
    """The rarest class with enough of the window; None where the map shows nothing."""
    counts = np.bincount(codes.ravel(), minlength=len(legend.classes) + 1)
    mapped = counts[1:].sum()
    if mapped == 0:
        return None
    present = [c for c in by_rarity if counts[c] >= least * codes.size]
    commonest = int(counts[1:].argmax()) + 1
    return legend.by_code(present[0] if present else commonest).name


def _with_zones(table: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    if zones is None:
        return table.assign(zone="")
    centres = gpd.GeoDataFrame(geometry=table.geometry.centroid).to_crs(zones.crs)
    found = gpd.sjoin(centres, zones[["zone", "geometry"]], how="left", predicate="within")
    names = found.groupby(level=0)["zone"].first()
    return table.assign(zone=names).dropna(subset=["zone"]).reset_index(drop=True)


def _allocate(strata: dict[Any, npt.NDArray[np.intp]], total: int) -> dict[Any, int]:
    """Equal numbers per zone, then a stratum of the zone, as far as candidates reach."""
    zones: dict[str, int] = {}
    for (zone, _), members in strata.items():
        zones[zone] = zones.get(zone, 0) + len(members)
    numbers = {}
    for zone, share in _fill(zones, total).items():
        sizes = {key: len(members) for key, members in strata.items() if key[0] == zone}
        numbers.update(_fill(sizes, share))
    return {key: number for key, number in sorted(numbers.items()) if number}


def _fill(sizes: dict[Any, int], total: int) -> dict[Any, int]:
    """Hand out one by one to whoever has least and has room; ties by size, then name."""
    given = dict.fromkeys(sorted(sizes), 0)
    for _ in range(min(total, sum(sizes.values()))):
        open_to = [key for key in given if given[key] < sizes[key]]
        given[min(open_to, key=lambda key: (given[key], sizes[key]))] += 1
    return given


def _with_roles(
    drawn: pd.DataFrame, settings: CampaignSettings, rng: np.random.Generator
) -> pd.DataFrame:
    """Gold windows spread over the strata by a systematic draw."""
    number = round(settings.gold_share * len(drawn))
    gold = np.zeros(len(drawn), dtype=bool)
    if number:
        step = len(drawn) / number
        gold[((np.arange(number) + rng.random()) * step).astype(int)] = True
    roles = np.where(gold, GOLD, TRAIN).astype(object)
    return drawn.assign(role=roles, annotators=np.where(gold, settings.annotators, 1))


def write_campaign(
    path: Path,
    windows: gpd.GeoDataFrame,
    settings: CampaignSettings,
    sources: dict[str, str],
    legend: Legend = KARRA_10,
) -> list[Path]:
    """Write the files of a campaign.

    The GeoPackage has the layers ``windows`` (do not edit), ``drawings`` (empty, polygons
    with ``class_name``; annotators draw here, without gaps, inside the windows) and the
    table ``classes``. A JSON file beside it records the design.

    Args:
        path: of the GeoPackage; must not exist: a new draw would orphan drawings.
        windows: from :func:`design_campaign`.
        settings: that they were drawn with.
        sources: what the design was based on: name → file or digest.
        legend: whose classes annotators draw.

    Returns:
        GeoPackage and JSON.

    Raises:
        LabelError: the file exists.
    """
    if path.exists():
        raise LabelError(f"{path} exists; a second draw would orphan what was drawn in the first")
    path.parent.mkdir(parents=True, exist_ok=True)
    windows.to_file(path, layer="windows", driver="GPKG", engine="pyogrio")
    fields = ("window_id", "class_name", "role", "annotator", "note")
    empty = gpd.GeoDataFrame(
        {name: pd.Series(dtype=str) for name in fields}, geometry=[], crs=windows.crs
    )
    pyogrio.write_dataframe(
        empty, path, layer="drawings", driver="GPKG", append=True, geometry_type="Polygon"
    )
    classes = pd.DataFrame(
        [(c.code, c.name, c.title, c.color) for c in legend.land],
        columns=["code", "class_name", "title", "color"],
    )
    pyogrio.write_dataframe(classes, path, layer="classes", driver="GPKG", append=True)
    record = path.with_suffix(".json")
    strata = windows.groupby(["zone", "stratum"])["stratum_windows"].agg(["size", "first"])
    design = {
        "purpose": "training and gold windows; no areas can be estimated from them",
        "rule": "stratified random without replacement; equal numbers a zone, then a stratum",
        **vars(settings),
        "sources": sources,
        "strata": [
            {"zone": zone, "stratum": name, "drawn": int(row["size"]),
             "candidates": int(row["first"])}
            for (zone, name), row in strata.iterrows()
        ],
    }  # fmt: skip
    record.write_text(json.dumps(design, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [path, record]
