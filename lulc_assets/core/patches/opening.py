"""A classifier in a folder: one that a training wrote, or a bundle.

What belongs here: telling which of the two it is, and refusing models of another task. What does
not: asking it (``answers``, ``scene_map``).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
        BundleError: it is damaged, not signed by that key, or a model for maps.
    """
    from lulc_assets.core.model.bundle import BUNDLE_FILE, Bundle
    from lulc_assets.core.training.candidate import TrainedModel

    if (folder / BUNDLE_FILE).is_file() or trusted_key is not None:
        bundle = Bundle.load(folder, None, trusted_key=trusted_key, task="patches")
        return Classifier(bundle, bundle.record.card)
    trained = TrainedModel.open(folder)
    require_patch_network(trained.card.network, str(folder))
    return Classifier(trained, trained.card)
