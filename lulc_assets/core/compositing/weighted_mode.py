"""The yearly map: class-weighted mode over the predictions of a year's scenes.

What belongs here: reading predictions block by block, counting, writing the three layers.
What does not: the loop over pixels (``kernel``), publishing (``core/publishing``), and, for
now, merging the datastrips of one datatake before they vote, seasons, and the kept sums
that let one scene be added later.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError

from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import InvalidProduct, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_raster, write_cog
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.progress import Progress, silent

U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class PredictionFiles:
    """The three rasters of one predicted scene, uint8, on the grid of the map.

    Attributes:
        scene_id: identifies the scene; a scene votes once.
        class_path: class code, 0 where not valid.
        probability_path: 255 · probability of that class, 0 where not valid.
        mask_path: 1 where the scene classification lets the pixel vote, else 0.
    """

    scene_id: str
    class_path: Path
    probability_path: Path
    mask_path: Path


@dataclass(frozen=True)
class YearComposite:
    """A composed map.

    Attributes:
        files: ``class`` (code, 0 = no data), ``vote_share`` (255 · winner / total, floored)
            and ``observations`` (votes counted, 255 = 255 or more), each a uint8 COG.
        scene_ids: scenes that were counted, sorted.
        class_counts: code → pixels, all codes 0–10, also those with no pixel.
        flagged_pixels: pixels where SCL was overruled by the network (see settings).
        observations_median: votes at the median pixel.
    """

    files: Mapping[str, Path]
    scene_ids: tuple[str, ...]
    class_counts: Mapping[int, int]
    flagged_pixels: int
    observations_median: float


def compose_year(
    predictions: Sequence[PredictionFiles],
    grid: PixelGrid,
    settings: CompositeSettings,
    out_dir: Path,
    progress: Progress = silent,
) -> YearComposite:
    """Compose predictions into one map; without predictions, a map of no data.

    The order of the predictions does not matter, nor does a scene given twice.

    Args:
        predictions: predicted scenes, all on ``grid``.
        grid: grid of the map.
        settings: weights and thresholds.
        out_dir: gets ``class.tif``, ``vote_share.tif`` and ``observations.tif``.
        progress: told after each block.

    Returns:
        The files and what is in them.

    Raises:
        InvalidProduct: a prediction is on another grid, is not uint8, holds a code that is
            not in the legend, or two predictions share an id but not their files.
        UnreadableRaster: a prediction cannot be read.
    """
    scenes = _unique_scenes(predictions)
    for scene in scenes:
        for path in (scene.class_path, scene.probability_path, scene.mask_path):
            _require_grid(path, grid)
    layers = {
        name: np.zeros(grid.shape, np.uint8) for name in ("class", "vote_share", "observations")
    }
    flagged = _count_blocks(scenes, grid, settings, layers, progress) if scenes else 0
    counts = np.bincount(layers["class"].ravel(), minlength=len(KARRA_10.classes) + 1)
    return YearComposite(
        files=_write_layers(layers, grid, out_dir),
        scene_ids=tuple(scene.scene_id for scene in scenes),
        class_counts={code: int(count) for code, count in enumerate(counts)},
        flagged_pixels=flagged,
        observations_median=float(np.median(layers["observations"])),
    )


def _unique_scenes(predictions: Sequence[PredictionFiles]) -> list[PredictionFiles]:
    """Each scene once, sorted by id."""
    by_id: dict[str, PredictionFiles] = {}
    for prediction in predictions:
        other = by_id.setdefault(prediction.scene_id, prediction)
        if other != prediction:
            raise InvalidProduct(
                f"scene {prediction.scene_id} is given with two sets of files, "
                f"{other.class_path} and {prediction.class_path}; a scene votes once"
            )
    return [by_id[scene_id] for scene_id in sorted(by_id)]


def _require_grid(path: Path, grid: PixelGrid) -> None:
    try:
        with rasterio.open(path, driver="GTiff") as source:
            epsg = source.crs.to_epsg() if source.crs else None
            found = (source.shape, epsg, tuple(source.transform)[:6], source.dtypes[0])
    except RasterioError as error:
        raise UnreadableRaster(f"prediction {path} cannot be opened: {error}") from error
    wanted = (grid.shape, grid.epsg, tuple(grid.transform)[:6], "uint8")
    if found != wanted:
        raise InvalidProduct(
            f"prediction {path} has (shape, EPSG, transform, dtype) {found}; the map needs "
            f"{wanted}. Predict the scene on the map's grid"
        )


def _count_blocks(
    scenes: list[PredictionFiles],
    grid: PixelGrid,
    settings: CompositeSettings,
    layers: dict[str, U8],
    progress: Progress,
) -> int:
    """Fill the layers block by block, in threads; the number of flagged pixels."""
    # numba costs half a second and its compiler; only a run that composes needs it.
    from lulc_assets.core.compositing.kernel import vote  # noqa: PLC0415

    weights, flag_rule = settings.weight_table(), settings.flag_rule()
    windows = list(grid.blocks(settings.block_px))

    def count(window: Window) -> int:
        classes, probabilities, masks = _read_block(scenes, window)
        winner, share, votes, flagged = vote(classes, probabilities, masks, weights, flag_rule)
        for name, part in (("class", winner), ("vote_share", share), ("observations", votes)):
            layers[name][window.slices] = part
        return int(flagged.sum())

    total = 0
    with ThreadPoolExecutor(settings.threads) as pool:
        for done, flagged in enumerate(pool.map(count, windows), start=1):
            total += flagged
            progress(done, len(windows), "blocks composed")
    return total


def _read_block(scenes: list[PredictionFiles], window: Window) -> tuple[U8, U8, U8]:
    shape = (len(scenes), window.height, window.width)
    classes, probabilities, masks = (np.empty(shape, np.uint8) for _ in range(3))
    for number, scene in enumerate(scenes):
        classes[number] = read_raster(scene.class_path, window)
        probabilities[number] = read_raster(scene.probability_path, window)
        masks[number] = read_raster(scene.mask_path, window)
        largest = int(classes[number].max())
        if largest > len(KARRA_10.classes):
            raise InvalidProduct(
                f"{scene.class_path} holds code {largest}, which is not in legend {KARRA_10.name}"
            )
    return classes, probabilities, masks


def _write_layers(layers: dict[str, U8], grid: PixelGrid, out_dir: Path) -> dict[str, Path]:
    return {
        "class": write_cog(
            out_dir / "class.tif",
            layers["class"],
            grid,
            kind="class",
            nodata=0,
            colormap=KARRA_10.colormap(),
            description="land-cover class",
        ),
        "vote_share": write_cog(
            out_dir / "vote_share.tif",
            layers["vote_share"],
            grid,
            kind="continuous",
            nodata=0,
            description="255 x winning score / all scores",
        ),
        "observations": write_cog(
            out_dir / "observations.tif",
            layers["observations"],
            grid,
            kind="continuous",
            description="votes counted",
        ),
    }
