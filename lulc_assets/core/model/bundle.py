"""The bundle: a promoted model with everything that inference must know.

What belongs here: loading one with all checks, and which scenes it accepts. What does not:
writing one (``core/judging/bundling``) and running it (``core/inference``).

A bundle is a directory with ``bundle.json``, ``weights.safetensors``, ``graph.onnx`` and, if it
was trained since there is one, ``applicability.safetensors``. The first holds the SHA-256 of
the others; nothing is parsed before that agrees. The graph is the same network with
everything before and after it (``core/model/graph``), exported once at promotion: what was
promoted is what every engine runs. Where the project asks for it, the same graph in INT8 is
added (``quantised``), with its price in the record. ``manifest.json`` lists all files with their
checksums; a bundle may be signed (``seal``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import BundleError, IncompatibleScene
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.model.applicability import APPLICABILITY_FILE
from lulc_assets.core.model.artifacts import (
    legend_from_dict,
    read_json_object,
    read_verified,
    read_verified_weights,
    readable_json,
    require_normalisation,
    restore_network,
    sha256_of,
)
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.footprint import Footprint
from lulc_assets.core.model.network import LandCoverNetwork
from lulc_assets.core.model.patch_model import PATCH_ARCHITECTURE
from lulc_assets.core.model.quantised import Int8Graph, read_int8
from lulc_assets.core.model.seal import require_sealed
from lulc_assets.core.scene.recipe import SceneRecipe

BUNDLE_FILE = "bundle.json"
BUNDLE_FORMAT = "lulc-bundle"
BUNDLE_FORMAT_VERSION = 3
GRAPH_FILE = "graph.onnx"
COPIED = ("legend", "bands", "gsd_m", "network", "normalisation", "calibration", "weights")
_REQUIRED = (*COPIED, "graph", "footprint", "levels", "card", "evaluation", "verdict")
_GSD_TOLERANCE = 0.05
"""Relative: the Slovenian sample has pixels of 9.995 m, which is 10 m; 20 m is not."""


@dataclass(frozen=True)
class Bundle:
    """A promoted model, verified.

    Attributes:
        record: content of ``bundle.json``.
        legend: of its logits; code = argmax + 1.
        weights: verified content of the safetensors file.
        graph: verified content of the ONNX file.
        int8: the same quantised; None where it was not asked for, or costs too much.
        applicability: verified content of the file of that name; None where there is none.
    """

    record: dict[str, Any]
    legend: Legend
    weights: bytes
    graph: bytes
    int8: Int8Graph | None = None
    applicability: bytes | None = None

    @classmethod
    def load(
        cls,
        directory: Path,
        legend: Legend | None = KARRA_10,
        *,
        trusted_key: Path | None = None,
        task: str = "segmentation",
    ) -> "Bundle":
        """Read and verify a bundle.

        Args:
            directory: holds the files of a bundle.
            legend: the legend that the maps will have; None: the bundle's own.
            trusted_key: public key (PEM) that the bundle must be signed by.
            task: what it is used for, ``segmentation`` or ``patches``.

        Raises:
            BundleError: a file is missing, truncated, tampered with, of an unknown
                format or version, not signed by the trusted key, for another task, or the
                legend or the normalisation is another one.
        """
        require_sealed(Path(directory), trusted_key)
        record = read_json_object(Path(directory) / BUNDLE_FILE, "model bundle")
        _check_format(record, Path(directory))
        if task_of_record(record) != task:
            raise BundleError(
                f"bundle {directory} holds a model for {task_of_record(record)}, not for {task}"
            )
        own = legend_from_dict(record["legend"])
        if legend is not None and own.digest != legend.digest:
            raise BundleError(
                f"bundle {directory} has legend {own.name} ({own.digest[:12]}), the maps have "
                f"{legend.name} ({legend.digest[:12]}); train a model for that legend"
            )
        weights = read_verified_weights(Path(directory), record["weights"])
        require_normalisation(record, weights)
        graph = read_verified(Path(directory), record["graph"], GRAPH_FILE, "graph")
        far = record.get("applicability")
        if far is not None:
            far = read_verified(Path(directory), far, APPLICABILITY_FILE, "applicability")
        int8 = read_int8(record, Path(directory))
        return cls(record, own, weights, graph, int8, far)

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical record, which holds the digest of the weights."""
        return sha256_of(readable_json(self.record))

    @property
    def card(self) -> dict[str, Any]:
        """The card of the training that made it."""
        card: dict[str, Any] = self.record["card"]
        return card

    @property
    def taught(self) -> tuple[str, ...]:
        """Names of the classes that training showed; the others are not mapped, which is not 0 ha.

        A card that does not say it was written before it was asked: all classes then.
        """
        pixels = self.card.get("class_pixels")
        return tuple(n for n in self.legend.names if pixels is None or pixels.get(n, 0) > 0)

    @property
    def levels(self) -> tuple[str, ...]:
        """Processing levels that it accepts."""
        return tuple(self.record["levels"])

    @property
    def gsd_m(self) -> float:
        """Ground sampling that it accepts, metres."""
        return float(self.record["gsd_m"])

    @property
    def bands(self) -> tuple[str, ...]:
        """Roles of its input bands in order."""
        return tuple(self.record["bands"])

    @property
    def calibration(self) -> Calibration:
        """From logits to probabilities.

        Raises:
            BundleError: it does not fit the legend.
        """
        return Calibration.from_dict(self.record["calibration"], len(self.legend.classes))

    @property
    def footprint(self) -> Footprint:
        """What windows must know of the network.

        Raises:
            BundleError: the record does not hold it.
        """
        return Footprint.from_dict(self.record["footprint"])

    def network(self) -> LandCoverNetwork:
        """The network on the CPU, in evaluation mode.

        Raises:
            BundleError: the weights do not fit the described network.
        """
        return restore_network(self.record, self.weights)

    def require(self, recipe: SceneRecipe) -> None:
        """Refuse a scene that the model was not trained for.

        Raises:
            IncompatibleScene: level, bands or ground sampling differ.
        """
        if recipe.level not in self.levels:
            raise IncompatibleScene(
                f"scene {recipe.id} is level {recipe.level}, the model takes "
                f"{', '.join(self.levels)} only; train one on {recipe.level} scenes"
            )
        missing = [role for role in self.bands if role not in recipe.bands]
        if missing or self.bands != recipe.roles:
            raise IncompatibleScene(
                f"scene {recipe.id}: the model takes bands {', '.join(self.bands)}, the scene is "
                f"read as {', '.join(role for role in recipe.roles if role in recipe.bands)}; "
                "give the project the model's bands, or train a model on these"
            )
        gsd_m = recipe.pixel_m or min(recipe.bands[role].gsd_m for role in self.bands)
        if abs(gsd_m - self.gsd_m) > _GSD_TOLERANCE * self.gsd_m:
            raise IncompatibleScene(
                f"scene {recipe.id} has a ground sampling of {gsd_m} m, the model takes "
                f"{self.gsd_m} m"
            )


def task_of_record(record: Mapping[str, Any]) -> str:
    """What the network of a card or bundle is for: ``segmentation`` or ``patches``."""
    named = str(record["network"].get("architecture", ""))
    return "patches" if named.lower() == PATCH_ARCHITECTURE.lower() else "segmentation"


def _check_format(record: dict[str, Any], directory: Path) -> None:
    if record.get("format") != BUNDLE_FORMAT:
        raise BundleError(f"{directory / BUNDLE_FILE} is no {BUNDLE_FORMAT} record")
    if record.get("format_version") != BUNDLE_FORMAT_VERSION:
        raise BundleError(
            f"bundle {directory} has format version {record.get('format_version')}, this package "
            f"reads {BUNDLE_FORMAT_VERSION}; write the bundle again"
        )
    missing = [key for key in _REQUIRED if key not in record]
    if missing:
        raise BundleError(f"bundle {directory} lacks {', '.join(missing)}")
