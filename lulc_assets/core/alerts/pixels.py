"""The pixels of a state that ever were an alert, and the layers that show them.

What belongs here: from a state file to sparse arrays, and from these to rasters. What does
not: polygons (``polygons``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.alerts.baseline import BaselineFile
from lulc_assets.core.alerts.block_file import BlockFile
from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.change.layers import FROM
from lulc_assets.core.change.odds import LOG_ONE
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import BLOCK_PX, LayerKind, write_cog
from lulc_assets.core.legend import KARRA_10, Legend

LAYERS: Mapping[str, tuple[LayerKind, str]] = {
    "step": ("class", "1 possible, 2 likely, 3 confirmed, 4 rejected"),
    "probability": ("continuous", "255 x probability that the class has changed"),
    "from_to": ("class", "100 x class of last year's map + class that is seen now"),
    "first_on": ("class", "first supporting date, days since 2014-12-31"),
    "step_on": ("class", "date of the step, days since 2014-12-31"),
}
"""Layer → kind and title; 0 is no data in all."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class AlertPixels:
    """Pixels that ever were possible, by their place, each array (n,).

    Attributes:
        places: int64, flat indices into the grid, ascending.
        step: uint8, see :class:`Step`.
        supports: uint8, supporting dates.
        from_class: uint8, of last year's map.
        to_class: uint8, class that most supporting dates show; 0: none leads.
        probability: float32, 0–1.
        first_on: uint16, day of the first supporting date, 0 when rejected.
        possible_on: uint16, day of that step; likewise the next three.
        likely_on: uint16.
        confirmed_on: uint16.
        closed_on: uint16, day of rejection.
        anchor_on: uint16, first day on which the pixel was possible.
    """

    places: npt.NDArray[np.int64]
    step: U8
    supports: U8
    from_class: U8
    to_class: U8
    probability: npt.NDArray[np.float32]
    first_on: U16
    possible_on: U16
    likely_on: U16
    confirmed_on: U16
    closed_on: U16
    anchor_on: U16

    @property
    def live(self) -> npt.NDArray[np.bool_]:
        """Possible, likely or confirmed."""
        return (self.step > Step.NONE) & (self.step < Step.REJECTED)

    @property
    def step_on(self) -> U16:
        """Day of the step."""
        dates = [self.possible_on, self.likely_on, self.confirmed_on, self.closed_on]
        chosen = np.stack([np.zeros_like(self.first_on), *dates])
        found: U16 = chosen[self.step, np.arange(self.step.size)]
        return found

    def take(self, kept: npt.NDArray[np.bool_]) -> "AlertPixels":
        """Some of the pixels."""
        return AlertPixels(*(getattr(self, field.name)[kept] for field in fields(self)))


def read_alert_pixels(
    state: Path,
    baseline: Path,
    grid: PixelGrid,
    settings: AlertSettings,
    legend: Legend = KARRA_10,
) -> AlertPixels:
    """Read the pixels of a state that ever were possible, and whose change is watched.

    Raises:
        ProductCorrupt: a file cannot be read.
    """
    from lulc_assets.core.alerts import kernel  # numba

    found: list[tuple[npt.NDArray[np.int64], U16, U8]] = []
    with BlockFile(state, grid) as states, BaselineFile(baseline, grid) as before:
        for window in grid.blocks(BLOCK_PX):
            planes = states.read(window, kernel.PLANES)
            rows, cols = np.nonzero(planes[kernel.ANCHOR_ON])
            if rows.size:
                places = (rows + window.row).astype(np.int64) * grid.width + cols + window.col
                found.append(
                    (places, planes[:, rows, cols], before.read(window).classes[rows, cols])
                )
    if not found:
        found = [(np.zeros(0, np.int64), np.zeros((kernel.PLANES, 0), np.uint16),
                  np.zeros(0, np.uint8))]  # fmt: skip
    places = np.concatenate([one[0] for one in found])
    planes = np.concatenate([one[1] for one in found], axis=1)
    order = np.argsort(places, kind="stable")
    planes, places = planes[:, order], places[order]
    status = planes[kernel.STATUS]
    logits = planes[kernel.LOGIT].astype(np.float64) + settings.floor
    pixels = AlertPixels(
        places=places,
        step=(status & 15).astype(np.uint8),
        supports=(planes[kernel.LAST] >> 8).astype(np.uint8),
        from_class=np.concatenate([one[2] for one in found])[order],
        to_class=(status >> 4 & 15).astype(np.uint8),
        probability=(1 / (1 + np.exp(-logits / LOG_ONE))).astype(np.float32),
        first_on=planes[kernel.FIRST_ON],
        possible_on=planes[kernel.POSSIBLE_ON],
        likely_on=planes[kernel.LIKELY_ON],
        confirmed_on=planes[kernel.CONFIRMED_ON],
        closed_on=planes[kernel.CLOSED_ON],
        anchor_on=planes[kernel.ANCHOR_ON],
    )
    return pixels.take(settings.watched(legend)[pixels.from_class, pixels.to_class])


def write_layers(pixels: AlertPixels, grid: PixelGrid, folder: Path) -> dict[str, Path]:
    """Write a COG for each of ``LAYERS``, one after the other: 2 bytes per pixel in memory."""
    values: Mapping[str, npt.NDArray[np.integer]] = {
        "step": pixels.step,
        "probability": np.rint(255 * pixels.probability).astype(np.uint8),
        "from_to": np.uint16(FROM) * pixels.from_class + pixels.to_class,
        "first_on": pixels.first_on,
        "step_on": pixels.step_on,
    }
    files = {}
    for name, (kind, title) in LAYERS.items():
        layer = np.zeros(grid.shape, values[name].dtype)
        layer.flat[pixels.places] = values[name]
        files[name] = write_cog(
            folder / f"{name}.tif", layer, grid, kind=kind, nodata=0, description=title
        )
    return files


def class_name(code: int, legend: Legend) -> str:
    """Name of a class; ``unknown`` where none leads yet."""
    return legend.by_code(code).name if code else "unknown"
