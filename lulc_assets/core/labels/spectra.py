"""What labels look like from above: a spectrum a polygon, and polygons unlike their class.

What belongs here: mean reflectance of polygons over clear dates, and which of them to look
at first. What does not: pictures of it (``core/figures``), training.

A polygon far from its class is a mistake of the annotator, of the geometry, or a rare kind
of the class. Only a person can tell; nothing is removed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.labels.polygon_pixels import number_polygons
from lulc_assets.core.labels.table import to_grid_crs
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.scene.recipe import SceneRecipe

FAR = 3.0
"""Robust distance from which on a polygon is shown: beyond it lie 0.3 % of a normal class."""

_MOST_SHOWN = 12
_LEAST_CLEAR = 0.5
"""Share of a polygon's pixels that a date must see for its mean to count."""

_LEAST_POLYGONS = 5
"""A class with fewer has no centre that a distance could be measured from."""

_LEAST_PIXELS = 6
"""A smaller polygon is all border: its mean mixes in its neighbours."""

_LEAST_SPREAD = 0.01
"""Reflectance; the noise of a clear date. Spreads below it say nothing."""

_MAD_TO_SIGMA = 1.4826
_BLOCK_PX = 1024


@dataclass(frozen=True)
class PolygonSpectra:
    """Spectra of the polygons of a label table.

    Attributes:
        labels: in the grid's CRS, one row per polygon.
        reflectance: shape (n, bands), float64, in the order of the scenes' roles: median
            over dates of the polygon's mean; NaN where no date sees it clearly, or where no
            pixel centre is its own.
        pixels: shape (n,), int64, pixels of the polygon on the grid.
        dates: shape (n,), int64, dates that saw it.
    """

    labels: gpd.GeoDataFrame
    reflectance: npt.NDArray[np.float64]
    pixels: npt.NDArray[np.int64]
    dates: npt.NDArray[np.int64]

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Class code of each polygon."""
        return self.labels["class_code"].to_numpy()


def measure_spectra(
    labels: gpd.GeoDataFrame,
    grid: PixelGrid,
    recipes: Sequence[SceneRecipe],
    progress: Progress = silent,
) -> PolygonSpectra:
    """Mean reflectance of each polygon over clear pixels, the median of some dates.

    Pixels of overlapping polygons of one annotator count for the smaller one.

    Args:
        labels: a validated label table.
        grid: area of interest.
        recipes: scenes to look at; a handful over the year is enough.
        progress: told after each scene.

    Raises:
        SceneError: a scene cannot be read.
    """
    here = to_grid_crs(labels, grid)
    here = here.iloc[np.argsort(-here.area.to_numpy(), kind="stable")].reset_index(drop=True)
    layers = _number_by_annotator(here, grid)
    count = len(here)
    pixels = np.zeros(count, dtype=np.int64)
    for one in layers:
        pixels += np.bincount(one.ravel(), minlength=count + 1)[1:]
    bands = len(recipes[0].roles) if recipes else len(SIX)
    means = np.full((len(recipes), count, bands), np.nan)
    for done, recipe in enumerate(recipes):
        sums, seen = _sum_scene(recipe, grid, layers, count)
        enough = (seen > 0) & (seen >= _LEAST_CLEAR * pixels)
        means[done, enough] = sums[enough] / seen[enough, None]
        progress(done + 1, len(recipes), "spectra of labels")
    dates = np.isfinite(means).all(axis=2).sum(axis=0)
    reflectance = np.full((count, bands), np.nan)
    if (dates > 0).any():
        reflectance[dates > 0] = np.nanmedian(means[:, dates > 0], axis=0)
    return PolygonSpectra(here, reflectance, pixels, dates)


def _sum_scene(
    recipe: SceneRecipe,
    grid: PixelGrid,
    layers: Sequence[npt.NDArray[np.int32]],
    count: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Sums of reflectance (n, bands) and clear pixels (n,) of each polygon on one date."""
    sums = np.zeros((count + 1, len(recipe.roles)))
    seen = np.zeros(count + 1, dtype=np.int64)
    with SceneReader(recipe, grid) as reader:
        for window in grid.blocks(_BLOCK_PX):
            here = [layer[window.slices] for layer in layers]
            if not any(numbers.any() for numbers in here):
                continue
            block = reader.read(window)
            usable = block.valid & votes(block.scl)
            for numbers in here:
                clear = usable & (numbers > 0)
                own = numbers[clear]
                seen += np.bincount(own, minlength=count + 1)
                for band in range(len(recipe.roles)):
                    weights = block.reflectance[band][clear]
                    sums[:, band] += np.bincount(own, weights=weights, minlength=count + 1)
    return sums[1:], seen[1:]


def _number_by_annotator(labels: gpd.GeoDataFrame, grid: PixelGrid) -> list[npt.NDArray[np.int32]]:
    """Row + 1 of the polygon at each pixel, int32 (h, w), once an annotator.

    Several annotators draw the same gold ground; each of their polygons has a spectrum.
    """
    layers = []
    for _, own in labels.groupby("annotator", sort=True):
        rows = np.concatenate([[0], own.index.to_numpy() + 1]).astype(np.int32)
        layers.append(rows[number_polygons(own, grid)])
    return layers


def find_outliers(spectra: PolygonSpectra) -> gpd.GeoDataFrame:
    """Polygons whose spectrum lies far from their class, the farthest first, twelve at most.

    The distance is the root mean square over bands of (value − class median) in units of
    the class's robust spread (1.4826 · median absolute deviation, at least 0.01).

    Args:
        spectra: from :func:`measure_spectra`.

    Returns:
        ``label_id, class_code, looks_like`` (code of the nearest class, uint8),
        ``distance, distance_there`` (to that class), ``pixels, geometry``; only polygons
        of at least six pixels, farther than ``FAR`` from a class with at least five of
        them; of several drawings of one place the farthest.
    """
    codes, values = spectra.codes, spectra.reflectance
    known = np.isfinite(values).all(axis=1)
    classes = [c for c in np.unique(codes[known]) if (codes[known] == c).sum() >= _LEAST_POLYGONS]
    distance = np.full((len(codes), len(classes)), np.inf)
    for place, code in enumerate(classes):
        own = values[known & (codes == code)]
        centre = np.median(own, axis=0)
        spread = _MAD_TO_SIGMA * np.median(np.abs(own - centre), axis=0)
        off = (values[known] - centre) / np.maximum(spread, _LEAST_SPREAD)
        distance[known, place] = np.sqrt((off**2).mean(axis=1))
    column = {int(code): n for n, code in enumerate(classes)}
    known &= spectra.pixels >= _LEAST_PIXELS
    judged = [n for n in np.flatnonzero(known) if int(codes[n]) in column]
    home = {n: distance[n, column[int(codes[n])]] for n in judged}
    far = sorted((n for n in judged if home[n] > FAR), key=lambda n: -home[n])
    order = _once_a_place(far, spectra.labels)
    nearest = distance[order].argmin(axis=1) if order else np.zeros(0, dtype=np.intp)
    rows = spectra.labels.iloc[order]
    found = {
        "label_id": rows["label_id"].to_numpy(),
        "class_code": codes[order],
        "looks_like": np.array([classes[n] for n in nearest], dtype=np.uint8),
        "distance": [home[n] for n in order],
        "distance_there": [distance[n, m] for n, m in zip(order, nearest, strict=True)],
        "pixels": spectra.pixels[order],
    }
    return gpd.GeoDataFrame(found, geometry=rows.geometry.to_numpy(), crs=spectra.labels.crs)


def _once_a_place(order: Sequence[np.intp], labels: gpd.GeoDataFrame) -> list[np.intp]:
    """The first of polygons of one class that lie on one another."""
    chosen: list[np.intp] = []
    geometries, codes = labels.geometry.to_numpy(), labels["class_code"].to_numpy()
    for n in order:
        middle = geometries[n].representative_point()
        if not any(codes[n] == codes[m] and geometries[m].intersects(middle) for m in chosen):
            chosen.append(n)
        if len(chosen) == _MOST_SHOWN:
            break
    return chosen
