"""What a classifier says of patches: of a test set, and of single files.

What belongs here: asking and judging. What does not: training (``classifier``), a whole scene
(``scene_map``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import BundleError, LabelError
from lulc_assets.core.patches.classifier import PICTURE_LEVEL, chips_of, classify
from lulc_assets.core.patches.folder import Patches, order_of, read_patch
from lulc_assets.core.patches.opening import Classifier
from lulc_assets.core.patches.split import PatchSplit, split_patches

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation, HasNetwork
    from lulc_assets.core.model.card import ModelCard


@dataclass(frozen=True)
class Judged:
    """A classifier and its test patches.

    Attributes:
        evaluation: in units of patches.
        images: test patches, uint16 (n, bands, s, s).
        codes: their labels, uint8 (n,).
        probabilities: what the classifier says of them, float32 (n, classes).
    """

    evaluation: "Evaluation"
    images: npt.NDArray[np.uint16]
    codes: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]


def judge_patches(asked: Classifier, patches: Patches, *, every: bool = False) -> Judged:
    """Judge a classifier on the test patches of the split that its card records.

    Args:
        asked: the classifier.
        patches: those that it was trained from; with ``every`` others.
        every: judge on all of them.

    Raises:
        BundleError: the card does not record a draw, or another number of patches.
        LabelError: a class that the classifier does not know.
    """
    if every:
        parts = ["gold"] * len(patches.files)
    else:
        parts = split_patches(patches.files, _recorded_split(asked.card, len(patches.files)))
    return judge_parts(asked.model, patches, parts)


def judge_parts(model: "HasNetwork", patches: Patches, parts: Sequence[str]) -> Judged:
    """Judge a classifier, or a bundle of one, on the patches whose part is ``gold``.

    Args:
        model: whose classes the folders must be.
        patches: in memory, with the model's bands.
        parts: of each.

    Raises:
        LabelError: a class that the classifier does not know.
        NoTrainingChips: no patch is ``gold``.
    """
    from lulc_assets.core.judging.evaluate import evaluate_model

    chips = chips_of(patches, model.legend, parts)
    test = np.array(parts) == "gold"
    images, codes = patches.images[test], chips.masks[test, 0, 0]
    return Judged(evaluate_model(model, [chips]), images, codes, classify(model, images))


def _recorded_split(card: "ModelCard", count: int) -> PatchSplit:
    """The draw that a classifier was trained by, for so many patches."""
    from lulc_assets.core.model.artifacts import record_of  # loads torch

    seen, split = (card.inputs.get(name) for name in ("patches", "split"))
    if not isinstance(split, dict) or seen != count:
        raise BundleError(
            f"the classifier was trained from {seen} patches, the folder holds {count}: which of "
            "them it saw cannot be known; give --all for patches that it never saw"
        )
    return record_of(PatchSplit, split, "the split in the classifier's card")


def answer_files(
    asked: Classifier, files: Sequence[Path], order: Sequence[str] | None = None
) -> tuple[list[npt.NDArray[np.uint16]], npt.NDArray[np.float32]]:
    """Read files and ask a classifier: images (bands, h, w) each, probabilities (n, classes).

    Files may differ in size; the network takes the mean over each.

    Raises:
        UnreadableRaster: a file is damaged.
        LabelError: it lacks a band, or is a picture where reflectance is needed.
    """
    card = asked.card
    images = []
    for path in files:
        image, picture = read_patch(path)
        if picture != (card.level == PICTURE_LEVEL):
            kinds = ("8-bit pictures", "reflectance")
            raise LabelError(
                f"{path} holds {kinds[not picture]}, the classifier was trained on {kinds[picture]}"
            )
        roles = order_of(path, len(image), order, pictures=picture)
        missing = [role for role in card.bands if role not in roles]
        if missing:
            raise LabelError(f"{path} lacks {', '.join(missing)}, which the classifier needs")
        images.append(image[[roles.index(role) for role in card.bands]])
    answers = [classify(asked.model, image[None]) for image in images]
    return images, np.concatenate(answers)
