"""A patch classifier: trained by the same training as map networks, judged, asked.

What belongs here: patches as chips of one label, the recipe of a classifier, its answers. What does
not: the loop (``core/training``), reading (``folder``), pictures and pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.crosswalks.europe import EUROSAT
from lulc_assets.core.errors import BundleError, LabelError
from lulc_assets.core.judging.promotion_rule import PromotionSettings
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legends.build import ClassEntry, build_legend
from lulc_assets.core.legends.builtin import BUILTIN
from lulc_assets.core.patches.folder import Patches
from lulc_assets.core.patches.split import PatchSplit, group_patches, split_patches
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.typed import as_plain
from lulc_assets.core.training.devices import TrainingDevices
from lulc_assets.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips
    from lulc_assets.core.judging.evaluate import HasNetwork
    from lulc_assets.core.model.network import NetworkSpec
    from lulc_assets.core.training.candidate import TrainedModel
    from lulc_assets.core.training.recipe import Trainable as Layers

PATCH_PROMOTION = PromotionSettings(min_class_pixels=10)
"""As for maps, but: a patch is a label by itself, no pixel of one of few polygons."""

PATCH_RECIPE = TrainingRecipe(
    architecture="PatchClassifier",
    encoder="resnet18",
    encoder_depth=5,
    decoder_channels=(),
    class_weights="none",
    learning_rate=1e-3,
    batch_size=16,
    max_epochs=30,
    early_stop_patience=8,
    plateau_patience=3,
    cooldown_epochs=4,
    statistics_chips=512,
)
"""As for maps, but: the whole encoder, whose last stage sees a patch as 2 × 2 cells; classes are
about equally frequent, and need no weights; a step shows 16 labels, not 16 × 65,536, so there are
more epochs and a lower rate."""

ENCODER_FILE = "encoder.safetensors"
PICTURE_LEVEL = "picture"
"""What a card names as its level where patches were 8-bit pictures: no scene is such."""


@dataclass(frozen=True)
class Trainable:
    """Parameters of a network, and those of them that learn."""

    total: int
    learning: int


def legend_of(classes: Sequence[str]) -> Legend:
    """A class for each folder, in the colours of EuroSAT or of the maps where it has their names.

    Raises:
        InvalidLegend: names that cannot be classes, fewer than two, or more than sixty.
    """
    known = {entry.source for entry in EUROSAT.entries}
    if set(classes) == known:
        return BUILTIN["eurosat"]
    colors = {c.name: c.color for c in KARRA_10.classes}
    same = set(classes) <= set(colors)  # some alone could come too near to those of the others
    entries = [ClassEntry(n, color=colors[n] if same else "", source=n) for n in classes]
    return build_legend("patches", entries)


def codes_of(patches: Patches, legend: Legend) -> npt.NDArray[np.uint8]:
    """The class code of each patch, (n,), uint8.

    Raises:
        LabelError: a folder is not a class of the legend.
    """
    by_source = {c.source: c.code for c in legend.classes} | {
        c.name: c.code for c in legend.classes
    }
    strange = sorted({f.class_name for f in patches.files} - set(by_source))
    if strange:
        raise LabelError(
            f"patches of class {', '.join(strange)}: the classifier knows "
            f"{', '.join(legend.names)} only; remove the folder, or train anew"
        )
    return np.array([by_source[f.class_name] for f in patches.files], dtype=np.uint8)


def chips_of(patches: Patches, legend: Legend, parts: Sequence[str]) -> "Chips":
    """Patches as chips whose mask is one pixel.

    Args:
        patches: in memory.
        legend: of their classes.
        parts: ``train``, ``val`` or ``gold`` for each.
    """
    import geopandas as gpd
    from shapely.geometry import box

    from lulc_assets.core.chips.chip_set import Chips

    groups = group_patches(patches.files)
    number = {group: n for n, group in enumerate(dict.fromkeys(groups))}
    # Where patches lie is not told: those of a group share a place, all others are far away.
    places = [box(1e5 * number[g], 0.0, 1e5 * number[g] + 640.0, 640.0) for g in groups]
    index = gpd.GeoDataFrame(
        {"chip_id": [f.name for f in patches.files], "block_id": groups, "split": list(parts)},
        geometry=places,
    )
    masks = codes_of(patches, legend)[:, None, None]
    return Chips(patches.images, masks, index, bands=patches.bands)


def train_patches(
    patches: Patches,
    recipe: TrainingRecipe,
    out_dir: Path,
    *,
    split: PatchSplit | None = None,
    parts: Sequence[str] | None = None,
    inputs: Mapping[str, str] | None = None,
    level: str = "L1C",
    folder: Path = Path(),
    checkpoints: Path | None = None,
    devices: TrainingDevices | None = None,
    progress: Progress = silent,
) -> "TrainedModel":
    """Train a classifier; writes weights, card and the encoder alone for other trainings.

    Args:
        patches: in memory.
        recipe: of architecture ``PatchClassifier``, see :data:`PATCH_RECIPE`.
        out_dir: created if need be.
        split: how to draw test and validation; the default's shares without it.
        parts: ``train``, ``val`` or ``gold`` for each patch, instead of a draw.
        inputs: digests for the card.
        level: processing level of the patches.
        folder: that files in the recipe are relative to.
        checkpoints: folder of this training alone, see ``train_model``.
        devices: see ``train_model``.
        progress: told after every batch.

    Raises:
        SplitImpossible: see ``split_patches``.
        TrainingFailed, PretrainedUnavailable, UnknownArchitecture: see ``train_model``.
    """
    from lulc_assets.core.training.train import train_model  # loads Lightning

    legend = legend_of(patches.classes)
    settings = split or PatchSplit()
    drawn = parts or split_patches(patches.files, settings)
    chips = chips_of(patches, legend, drawn)
    described = {
        **(inputs or {}),
        "patches": len(patches.files),
        "patch_px": int(patches.images.shape[-1]),
        "split": as_plain(settings) if parts is None else "given",
    }
    trained = train_model(
        [chips],
        recipe,
        legend,
        level=PICTURE_LEVEL if patches.pictures else level,  # type: ignore[arg-type]
        gsd_m=10.0,
        inputs=described,
        out_dir=out_dir,
        checkpoints=checkpoints,
        folder=folder,
        devices=devices,
        progress=progress,
    )
    from lulc_assets.core.model.artifacts import write_weights

    write_weights(trained.network().parts[0], out_dir / ENCODER_FILE)
    return trained


def count_parameters(spec: "NetworkSpec", trainable: "Layers") -> Trainable:
    """Parameters of a network, and how many of them a recipe trains."""
    from lulc_assets.core.model.network import Normalisation, build_network
    from lulc_assets.core.training.pretrained import freeze

    bands = spec.in_channels
    network = build_network(spec, Normalisation((0.0,) * bands, (1.0,) * bands))
    freeze(network, trainable)
    sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
    return Trainable(sum(n for n, _ in sizes), sum(n for n, learns in sizes if learns))


def classify(
    model: "HasNetwork", images: npt.NDArray[np.uint16], batch: int = 64
) -> npt.NDArray[np.float32]:
    """Calibrated probabilities of patches, float32 (n, classes).

    Args:
        model: a candidate or a bundle of this task.
        images: uint16 (n, bands, h, w), reflectance × 10000, bands as the model has them.
        batch: patches in a step; of no account for the answer but for its last bits.

    Raises:
        NotFinite: the network gave NaN or infinity.
    """
    import torch

    from lulc_assets.core.errors import NotFinite

    network, calibration = model.network(), model.calibration
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            part = torch.from_numpy(images[start : start + batch].astype(np.float32) / 1e4)
            logits = calibration.apply(network(part))
            if not torch.isfinite(logits).all():
                raise NotFinite(f"the network gives NaN or infinity on patches from {start} on")
            found.append(logits.softmax(1)[:, :, 0, 0].numpy())
    return np.concatenate(found)


def require_patch_network(spec: "NetworkSpec", where: str) -> None:
    """Refuse a model of another task.

    Raises:
        BundleError: it draws maps.
    """
    if spec.task != "patches":
        raise BundleError(f"{where} is a model for maps ({spec.architecture}), not for patches")


def recipe_with(**changes: Any) -> TrainingRecipe:
    """The recipe of patches with some numbers changed."""
    return replace(PATCH_RECIPE, **changes)
