"""The layers of a scene's prediction: laid down window by window, counted, made files.

What belongs here: which layers there are, how they are written, what is counted in them. What
does not: how a window is predicted (``blocks``), in which order windows come (``scene``).

Windows go to disk as they come: a whole tile has 120 million pixels, and a network needs the
memory.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.code_counts import count_codes
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.growing import GrowingLayer
from lulc_assets.core.inference.engine import Layers
from lulc_assets.core.legend import Legend

LAYERS = ("class", "probability", "mask")


def layer_options(legend: Legend) -> dict[str, dict[str, Any]]:
    """Layer → how its COG is written, the arguments of ``imagery.cog.write_cog``."""
    return {
        "class": {
            "kind": "class",
            "nodata": 0,
            "colormap": legend.colormap(),
            "description": "land cover of one scene",
        },
        "probability": {
            "kind": "continuous",
            "nodata": 0,
            "description": "probability of the class x 255",
        },
        "mask": {
            "kind": "class",
            "description": "1 where the scene classification lets the pixel vote",
        },
    }


class SceneLayers:
    """Three uint8 layers on their way to COGs; a context manager that leaves no scratch behind.

    Each pixel is put once; what is not put is 0.

    Args:
        grid: where the pixels lie.
        legend: of the codes.
        out_dir: created if need be.
    """

    def __init__(self, grid: PixelGrid, legend: Legend, out_dir: Path) -> None:
        self._legend = legend
        self._pixels = np.zeros(256, np.int64)
        self._voting = 0
        with ExitStack() as stack:
            self._layers = {
                name: stack.enter_context(GrowingLayer(out_dir / f"{name}.tif", grid, **options))
                for name, options in layer_options(legend).items()
            }
            self._stack = stack.pop_all()

    def __enter__(self) -> "SceneLayers":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def put(self, window: Window, found: Layers) -> None:
        """Lay down class and probability of a window."""
        codes, probability = found
        self._layers["class"].put(window, codes)
        self._layers["probability"].put(window, probability)
        self._pixels += count_codes(codes)

    def put_mask(self, window: Window, voting: npt.NDArray[np.bool_]) -> None:
        """Lay down which pixels of a window vote."""
        self._layers["mask"].put(window, voting.astype(np.uint8))
        self._voting += int(np.count_nonzero(voting))

    @property
    def counts(self) -> dict[str, int]:
        """``voting_px`` and ``class_<name>_px`` for each class, of what was put."""
        classes = {f"class_{c.name}_px": int(self._pixels[c.code]) for c in self._legend.classes}
        return {"voting_px": self._voting, **classes}

    def finish(self) -> dict[str, Path]:
        """Make the COGs, side by side; layer → file."""
        with ThreadPoolExecutor(len(LAYERS), "write") as pool:
            files = pool.map(lambda name: self._layers[name].finish(), LAYERS)
            return dict(zip(LAYERS, files, strict=True))
