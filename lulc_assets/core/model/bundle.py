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

from pydantic import JsonValue

from lulc_assets.core.errors import BundleError, IncompatibleScene
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.model.applicability import APPLICABILITY_FILE
from lulc_assets.core.model.artifacts import (
    RecordedFile,
    RecordedLegend,
    read_json_object,
    read_verified,
    read_verified_weights,
    readable_json,
    record_of,
    require_normalisation,
    restore_network,
    sha256_of,
)
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.card import ModelCard
from lulc_assets.core.model.footprint import Footprint
from lulc_assets.core.model.network import LandCoverNetwork, NetworkSpec, Normalisation
from lulc_assets.core.model.quantised import Int8Graph, RecordedInt8, read_int8
from lulc_assets.core.model.seal import require_sealed
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.typed import as_plain

BUNDLE_FILE = "bundle.json"
BUNDLE_FORMAT = "lulc-bundle"
BUNDLE_FORMAT_VERSION = 3
GRAPH_FILE = "graph.onnx"
_USES = {
    "segmentation": "`lulc map`, `lulc serve` and a project's maps",
    "patches": "`lulc patches evaluate`, `predict` and `compare`",
}
_GSD_TOLERANCE = 0.05
"""Relative: the Slovenian sample has pixels of 9.995 m, which is 10 m; 20 m is not."""


@dataclass(frozen=True, kw_only=True)
class BundleRecord:
    """Content of ``bundle.json``.

    Attributes:
        card: of the training that made the model. Legend, bands, sampling, network,
            normalisation, calibration and weights are its own, repeated for readers of bundles.
        levels: processing levels that the model accepts.
        footprint: what windows must know of the network.
        graph: the ONNX file.
        evaluation: agreement with gold windows, for the eye: no reader looks into it.
        verdict: likewise.
        applicability: None for models that have none.
        int8: None where it was not asked for.
    """

    legend: RecordedLegend
    bands: tuple[str, ...]
    gsd_m: float
    network: NetworkSpec
    normalisation: Normalisation
    calibration: Calibration
    weights: RecordedFile
    card: ModelCard
    levels: tuple[str, ...]
    footprint: Footprint
    graph: RecordedFile
    evaluation: Mapping[str, JsonValue]
    verdict: Mapping[str, JsonValue]
    applicability: RecordedFile | None = None
    int8: RecordedInt8 | None = None
    format: str = BUNDLE_FORMAT
    format_version: int = BUNDLE_FORMAT_VERSION

    def __post_init__(self) -> None:
        self.calibration.require(len(self.legend.classes))

    @classmethod
    def of(cls, card: ModelCard, **added: Any) -> "BundleRecord":
        """The record of a promoted candidate; what its card does not say is added."""
        return cls(
            card=card,
            legend=card.legend,
            bands=card.bands,
            gsd_m=card.gsd_m,
            network=card.network,
            normalisation=card.normalisation,
            calibration=card.calibration,
            weights=card.weights,
            levels=(card.level,),
            **added,
        )

    def to_bytes(self) -> bytes:
        """The one spelling of a record: equal content, equal bytes."""
        return readable_json(as_plain(self, leave_out_none=True))


@dataclass(frozen=True)
class Bundle:
    """A promoted model, verified.

    Attributes:
        record: content of ``bundle.json``.
        digest: SHA-256 over the record as it was written, which holds the digest of the weights.
        weights: verified content of the safetensors file.
        graph: verified content of the ONNX file.
        int8: the same quantised; None where it was not asked for, or costs too much.
        applicability: verified content of the file of that name; None where there is none.
    """

    record: BundleRecord
    digest: str
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
        content = read_json_object(Path(directory) / BUNDLE_FILE, "model bundle")
        _check_format(content, Path(directory))
        record = record_of(BundleRecord, content, f"bundle {directory}")
        if record.network.task != task:
            raise BundleError(
                f"bundle {directory} holds a model for {record.network.task}, not for {task}; "
                f"it is for {_USES[record.network.task]}"
            )
        own = record.legend
        if legend is not None and own.digest != legend.digest:
            raise BundleError(
                f"bundle {directory} has legend {own.name} ({own.digest[:12]}), the maps have "
                f"{legend.name} ({legend.digest[:12]}); train a model for that legend"
            )
        weights = read_verified_weights(Path(directory), record.weights)
        require_normalisation(record.normalisation, weights)
        graph = read_verified(Path(directory), record.graph, GRAPH_FILE, "graph")
        far = None
        if record.applicability is not None:
            recorded = record.applicability
            far = read_verified(Path(directory), recorded, APPLICABILITY_FILE, "applicability")
        int8 = read_int8(record.int8, Path(directory))
        # Of what was written, not of what is read of it: a digest stays what products cite.
        return cls(record, sha256_of(readable_json(content)), weights, graph, int8, far)

    @property
    def legend(self) -> Legend:
        """Of its logits; code = argmax + 1."""
        return self.record.legend

    @property
    def taught(self) -> tuple[str, ...]:
        """Names of the classes that training showed; no other is mapped, which is not 0 ha."""
        return self.record.card.taught

    @property
    def levels(self) -> tuple[str, ...]:
        """Processing levels that it accepts."""
        return self.record.levels

    @property
    def gsd_m(self) -> float:
        """Ground sampling that it accepts, metres."""
        return self.record.gsd_m

    @property
    def bands(self) -> tuple[str, ...]:
        """Roles of its input bands in order."""
        return self.record.bands

    @property
    def calibration(self) -> Calibration:
        """From logits to probabilities."""
        return self.record.calibration

    @property
    def footprint(self) -> Footprint:
        """What windows must know of the network."""
        return self.record.footprint

    def network(self) -> LandCoverNetwork:
        """The network on the CPU, in evaluation mode.

        Raises:
            BundleError: the weights do not fit the described network.
        """
        return restore_network(self.record.network, self.record.normalisation, self.weights)

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


def _check_format(record: Mapping[str, Any], directory: Path) -> None:
    if record.get("format") != BUNDLE_FORMAT:
        raise BundleError(f"{directory / BUNDLE_FILE} is not a {BUNDLE_FORMAT} record")
    if record.get("format_version") != BUNDLE_FORMAT_VERSION:
        raise BundleError(
            f"bundle {directory} has format version {record.get('format_version')}, this package "
            f"reads {BUNDLE_FORMAT_VERSION}; write the bundle again"
        )
