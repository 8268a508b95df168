"""Networks of the comparison: which there are, how each is trained, and how often it is right.

What belongs here: one fold of one network, in a process of its own. What does not: the forest, the
encoders of the simulated archive (``simulated``), intervals and pages (``__main__``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from lulc_assets.core.training.recipe import TrainingRecipe

FOLDS = 5
BATCH = 8
"""Half of the default: of 70 patches an epoch takes nine steps instead of five."""


@dataclass(frozen=True)
class Arm:
    """A network that is compared.

    Attributes:
        name: for people.
        bands: name of a set.
        encoder: of the library.
        hidden: channels of one more layer before the last; none by default.
    """

    name: str
    bands: str
    encoder: str
    hidden: tuple[int, ...] = ()


ARMS = (
    Arm("ResNet-18, six bands", "six", "resnet18"),
    Arm("ResNet-18, ten bands", "ten", "resnet18"),
    Arm("ResNet-50, red, green, blue", "rgb", "resnet50", (1024,)),
    Arm("ResNet-50, thirteen bands", "thirteen", "resnet50", (1024,)),
)


@dataclass(frozen=True)
class Fold:
    """One training of the comparison.

    Attributes:
        arm: the network.
        start: encoder that it starts from; None: from scratch.
        patches: folder.
        repeat: of the cross-validation, from 0; the seed too.
        fold: that judges.
        epochs: all of them run.
        out: scratch.
    """

    arm: Arm
    start: Path | None
    patches: Path
    repeat: int
    fold: int
    epochs: int
    out: Path

    def recipe(self) -> "TrainingRecipe":
        """Of the product, but for the number of epochs and of patches in a step."""
        from lulc_assets.core.patches.classifier import recipe_with

        given: Mapping[str, object] = {} if self.start is None else {
            "encoder_weights": str(self.start),
            "trainable": "decoder",
        }  # fmt: skip
        return recipe_with(
            encoder=self.arm.encoder, decoder_channels=self.arm.hidden, max_epochs=self.epochs,
            batch_size=BATCH, seed=self.repeat, threads=1, precision="32-true",
            early_stop_patience=self.epochs, plateau_patience=self.epochs, **given,
        )  # fmt: skip


def right_share(asked: Fold) -> float:
    """Train on four folds, and the share of the fifth that gets its label."""
    from lulc_assets.core.patches.classifier import classify, codes_of, legend_of, train_patches
    from lulc_assets.core.patches.folder import read_patches
    from lulc_assets.core.patches.split import folds_of
    from lulc_assets.core.scene.bands import BAND_SETS

    patches = read_patches(asked.patches, BAND_SETS[asked.arm.bands])
    codes = codes_of(patches, legend_of(patches.classes))
    test = folds_of(patches.files, FOLDS, asked.repeat) == asked.fold
    parts = parts_of(codes, test, asked.repeat)
    trained = train_patches(patches, asked.recipe(), asked.out, parts=parts)
    predicted = classify(trained, patches.images[test]).argmax(1) + 1
    return float((predicted == codes[test]).mean())


def parts_of(codes: npt.NDArray[np.uint8], test: npt.NDArray[np.bool_], seed: int) -> list[str]:
    """The part of each patch: of those that do not judge, an eighth of each class is ``val``."""
    rng = np.random.default_rng([seed, 7])
    parts = np.where(test, "gold", "train").astype(object)
    for code in np.unique(codes):
        own = np.flatnonzero((codes == code) & ~test)
        parts[rng.permutation(own)[: max(1, len(own) // 8)]] = "val"
    return [str(part) for part in parts]
