"""The operator's page: tiles as a map per year, coloured by how far each is and how good.

What belongs here: the state of partitions as plain data, and their maps as SVG shapes. What does
not: finding it out (``steps``), markup (``templates/operations.html``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from pyproj import Transformer

from lulc_assets.core.figures.embedding import check_href
from lulc_assets.core.figures.formats import format_share
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.pages.content import Link
from lulc_assets.core.pages.links import view_links

STATES = {
    "reported": ("Map and report", "#1b6ca8"),
    "mapped": ("Map without report", "#8ab6d6"),
    "catalogued": ("Scenes known, no map", "#f0c987"),
    "missing": ("Nothing yet", "#e3e6e9"),
}
"""State → words and colour, from the best to the least."""

_UNKNOWN = "#e3e6e9"
_RAMP = ("#fde725", "#5ec962", "#21918c", "#3b528b", "#440154")
"""Viridis in five steps, light to dark."""
_ACCURACY_STEPS = (0.6, 0.7, 0.8, 0.9)
_VOTE_STEPS = (3, 6, 10, 20)
_AGE_STEPS = (6, 15, 30, 90)
"""Days; Sentinel-2 comes back after five."""
_COST_STEPS = (0.1, 1, 10, 100)
"""Core-hours per 1,000 km²: a whole tile costs tenths, a tiny area whatever starting costs."""
_WIDTH = 300.0
"""Of a map, in units of its view box."""
_LEAST_SIDE, _MOST_SIDE = 2.0, 100.0
"""A tile is drawn at least so large, since one of 20,000 must stay visible, and of a few tiles none
larger."""
_NAMED = (36.0, 14.0)
"""Width and height from which on a tile has room for its key."""


_Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class PartitionState:
    """A tile × year as an operator sees it.

    Attributes:
        tile: MGRS key.
        year: of the map.
        place: a name for people, may be empty.
        grid: area of interest.
        state: one of :data:`STATES`.
        accuracy: overall accuracy, 0–1; None where it was not estimated.
        votes: at the median pixel; None without a map.
        newest: date of the newest scene in the map; empty without one.
        scenes: in the map.
        failed: scenes that could not be read.
        cost: core-hours per 1,000 km² and year; None where nobody saw it being made.
        href: of its report page; empty without one.
    """

    tile: str
    year: int
    place: str
    grid: PixelGrid
    state: str
    accuracy: float | None = None
    votes: float | None = None
    newest: str = ""
    scenes: int = 0
    failed: int = 0
    cost: float | None = None
    href: str = ""


@dataclass(frozen=True)
class OperationsPage:
    """All partitions of a project.

    Attributes:
        title: name of the project.
        partitions: of all years.
        dagster: address of the Dagster webserver; empty: no links to it.
        links: to other pages.
        attribution: printed at the end.
    """

    title: str
    partitions: Sequence[PartitionState]
    dagster: str = ""
    links: Sequence[Link] = ()
    attribution: str = ""


def view_operations(page: OperationsPage) -> dict[str, Any]:
    """The template context; raises InvalidPage for links that are neither relative nor http(s)."""
    years = sorted({one.year for one in page.partitions}, reverse=True)
    return {
        "title": page.title,
        "kind": "State of",
        "links": view_links(page.links),
        "attribution": page.attribution,
        "years": [
            _year(year, [p for p in page.partitions if p.year == year], page.dagster)
            for year in years
        ],
    }


def _year(year: int, found: Sequence[PartitionState], dagster: str) -> dict[str, Any]:
    rings, height = _shapes([one.grid for one in found])
    ages = _ages([p.newest for p in found])
    measures = (
        ("How far is it?", [_state_color(p) for p in found], _state_keys(found)),
        ("How accurate is it?", [_step_color(p.accuracy, _ACCURACY_STEPS) for p in found],
         _step_keys(_ACCURACY_STEPS, lambda s: f"{100 * s:.0f}\u00a0%")),
        ("How often was it seen?", [_step_color(p.votes, _VOTE_STEPS) for p in found],
         _step_keys(_VOTE_STEPS, lambda s: f"{s:.0f} votes")),
        ("How far behind is it?", [_step_color(a, _AGE_STEPS) for a in ages],
         _step_keys(_AGE_STEPS, lambda s: f"{s} days")),
        ("Core-hours per 1,000\u00a0km²", [_step_color(p.cost, _COST_STEPS) for p in found],
         _step_keys(_COST_STEPS, lambda s: f"{s:g}")),
    )  # fmt: skip
    rows = [_row(one, age, dagster) for one, age in zip(found, ages, strict=True)]
    done = sum(one.state == "reported" for one in found)
    return {
        "year": year,
        "done": f"{done:,} of {len(found):,} tiles have a map and a report.",
        "height": f"{height:.1f}",
        "width": f"{_WIDTH:g}",
        "maps": [
            {
                "title": title,
                "swatches": keys,
                "tiles": [
                    {
                        "points": _points(ring),
                        "color": color,
                        "href": row["href"],
                        "text": row["text"],
                        "label": _label(one.tile, ring, color),
                    }
                    for one, ring, color, row in zip(found, rings, colors, rows, strict=True)
                ],
            }
            for title, colors, keys in measures
        ],
        "rows": rows,
        "dagster": bool(dagster),
    }


def _ages(newest: Sequence[str]) -> list[int | None]:
    """Days from each date to the last of all; None for a map without a scene."""
    dates = [date.fromisoformat(day) if day else None for day in newest]
    last = max((day for day in dates if day), default=None)
    return [(last - day).days if last and day else None for day in dates]


def _row(one: PartitionState, age: int | None, dagster: str) -> dict[str, str]:
    state = STATES[one.state][0]
    accuracy = "–" if one.accuracy is None else format_share(one.accuracy)
    votes = "–" if one.votes is None else f"{one.votes:g}"
    name = f"{one.tile} · {one.place}" if one.place else one.tile
    partition = quote(f"{one.tile}|{one.year}", safe="")
    link = f"{dagster.rstrip('/')}/assets/annual_map?view=partitions&partition={partition}"
    return {
        "name": name,
        "state": state,
        "accuracy": accuracy,
        "votes": votes,
        "newest": one.newest or "–",
        "behind": "–" if age is None else f"{age:,} {'day' if age == 1 else 'days'}",
        "cost": "–" if one.cost is None else f"{one.cost:.3g}",
        "scenes": f"{one.scenes:,}" + (f", {one.failed:,} unreadable" if one.failed else ""),
        "href": check_href(one.href) if one.href else "",
        "dagster": check_href(link) if dagster else "",
        "text": f"{name}: {state}, accuracy {accuracy}, {votes} votes",
    }


def _shapes(grids: Sequence[PixelGrid]) -> tuple[list[_Ring], float]:
    """Outlines in one frame of :data:`_WIDTH`, and its height; north is up."""
    corners = [_corners(grid) for grid in grids]
    lons = [lon for ring in corners for lon, _ in ring]
    if max(lons) - min(lons) > 180:  # tiles on both sides of the antimeridian
        corners = [[(lon % 360, lat) for lon, lat in ring] for ring in corners]
        lons = [lon for ring in corners for lon, _ in ring]
    lats = [lat for ring in corners for _, lat in ring]
    west, north = min(lons), max(lats)
    squeeze = math.cos(math.radians((min(lats) + north) / 2))
    flat = [[((lon - west) * squeeze, north - lat) for lon, lat in ring] for ring in corners]
    scale = min(
        _WIDTH / max((max(lons) - west) * squeeze, north - min(lats), 1e-9),
        _MOST_SIDE / max(max(_sides(ring)) for ring in flat),
    )
    placed = [[(x * scale, y * scale) for x, y in ring] for ring in flat]
    return [_visible(ring) for ring in placed], (north - min(lats)) * scale


def _label(text: str, ring: _Ring, color: str) -> dict[str, str]:
    """Where and in which colour a tile's key stands on it; empty where it has no room."""
    width, height = _sides(ring)
    if width < _NAMED[0] or height < _NAMED[1]:
        return {}
    x, y = (sum(axis) / len(ring) for axis in zip(*ring, strict=True))
    return {"x": f"{x:.1f}", "y": f"{y:.1f}", "ink": _ink(color), "text": text}


def _ink(color: str) -> str:
    """Black or white, whichever can be read on a colour: a contrast of 4.5 at least."""
    shares = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares]
    light = sum(v * weight for v, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#ffffff"


def _corners(grid: PixelGrid) -> list[tuple[float, float]]:
    left, bottom, right, top = grid.bounds
    degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    ring = [(left, top), (right, top), (right, bottom), (left, bottom)]
    found = [degrees.transform(x, y) for x, y in ring]
    if max(lon for lon, _ in found) - min(lon for lon, _ in found) > 180:
        return [(lon % 360, lat) for lon, lat in found]
    return found


def _sides(ring: _Ring) -> tuple[float, float]:
    xs, ys = zip(*ring, strict=True)
    return max(xs) - min(xs), max(ys) - min(ys)


def _visible(ring: _Ring) -> _Ring:
    """The ring, or a square around its middle where it is too small to be seen."""
    if max(_sides(ring)) >= _LEAST_SIDE:
        return ring
    x, y = (sum(axis) / len(ring) for axis in zip(*ring, strict=True))
    half = _LEAST_SIDE / 2
    return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]


def _points(ring: _Ring) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in ring)


def _state_color(one: PartitionState) -> str:
    return STATES[one.state][1]


def _state_keys(found: Sequence[PartitionState]) -> list[dict[str, str]]:
    present = {one.state for one in found}
    return [{"color": c, "text": text} for name, (text, c) in STATES.items() if name in present]


def _step_color(value: float | None, steps: Sequence[float]) -> str:
    return _UNKNOWN if value is None else _RAMP[sum(value >= step for step in steps)]


def _step_keys(steps: Sequence[float], word: Any) -> list[dict[str, str]]:
    texts = [f"below {word(steps[0])}", *(f"{word(step)} or more" for step in steps)]
    keys = [{"color": c, "text": text} for c, text in zip(_RAMP, texts, strict=True)]
    return [*keys, {"color": _UNKNOWN, "text": "unknown"}]
