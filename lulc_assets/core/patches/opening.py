"""A classifier in a folder: one that a training wrote, or a bundle.

What belongs here: telling which of the two it is, and refusing models of another task. What does
not: asking it (``answers``, ``scene_map``).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.errors import BundleError
from lulc_assets.core.patches.classifier import require_patch_network

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import HasNetwork
    from lulc_assets.core.model.card import ModelCard


@dataclass(frozen=True)
class Classifier:
    """A patch classifier and its card."""

    model: "HasNetwork"
    card: "ModelCard"


def open_classifier(folder: Path, trusted_key: Path | None = None) -> Classifier:
    """Open a classifier, verified.

    Args:
        folder: that ``lulc patches train`` wrote, or of a bundle.
        trusted_key: public key (PEM) that it must be signed by, which only bundles are.

    Raises:
        BundleError: there is none, it is damaged, not signed by that key, or a model for maps.
    """
    from lulc_assets.core.model.bundle import Bundle
    from lulc_assets.core.model.card import CARD_FILE
    from lulc_assets.core.training.candidate import TrainedModel

    if is_bundle(folder) or trusted_key is not None:
        bundle = Bundle.load(folder, None, trusted_key=trusted_key, task="patches")
        return Classifier(bundle, bundle.record.card)
    if not (folder / CARD_FILE).is_file():
        raise BundleError(
            f"{folder} is not a patch classifier: it has neither the {CARD_FILE} of `lulc patches "
            "train` nor the files of a bundle; name the folder that --out was"
        )
    trained = TrainedModel.open(folder)
    require_patch_network(trained.card.network, str(folder))
    return Classifier(trained, trained.card)


def is_bundle(folder: Path) -> bool:
    """Whether a folder is a bundle, into which nothing is written: a seal covers its files."""
    from lulc_assets.core.model.bundle import BUNDLE_FILE

    return (folder / BUNDLE_FILE).is_file()
