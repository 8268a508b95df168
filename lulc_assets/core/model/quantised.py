"""The INT8 graph that a bundle may carry: its files, and what it costs in agreement.

What belongs here: what the record of a bundle says of INT8, read and verified. What does not:
quantising a network and measuring the price (``core/inference/int8``), running it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.artifacts import RecordedFile, read_verified, write_recorded

ALLOWED_LOSS_POINTS = 0.5
"""Percentage points of agreement with labels that INT8 may lose on any split: a sixth of the
margin of promotion, so that no report shows it."""

_GRAPH_FILE = "graph_int8.xml"
_CONSTANTS_FILE = "graph_int8.bin"


@dataclass(frozen=True)
class Int8Graph:
    """A quantised graph as OpenVINO writes it: structure (XML) and constants."""

    structure: bytes
    constants: bytes


@dataclass(frozen=True)
class Int8Price:
    """What quantisation costs on labelled chips, by split (``gold``, ``val``).

    Attributes:
        agreement: share of labelled pixels with the class of their label, in INT8, 0–1.
        agreement_fp32: the same in float32.
        equal_classes: share of pixels, labelled or not, with one class in both.
    """

    agreement: Mapping[str, float]
    agreement_fp32: Mapping[str, float]
    equal_classes: Mapping[str, float]

    @property
    def loss_points(self) -> float:
        """Percentage points of agreement lost, of the split that loses most."""
        return 100 * max(self.agreement_fp32[s] - self.agreement[s] for s in self.agreement)

    @property
    def acceptable(self) -> bool:
        """Whether a project may run the graph."""
        return self.loss_points <= ALLOWED_LOSS_POINTS

    def __str__(self) -> str:
        where = ", ".join(
            f"{split} {100 * self.agreement_fp32[split]:.2f} → {100 * share:.2f} %"
            for split, share in self.agreement.items()
        )
        return (
            f"INT8 loses {self.loss_points:.2f} points of agreement (at most "
            f"{ALLOWED_LOSS_POINTS}; {where})"
        )


@dataclass(frozen=True)
class RecordedInt8:
    """What the record of a bundle says of INT8.

    Attributes:
        price: of the quantised graph.
        made_by: what made it and on which processor.
        graph: its structure; None, as ``constants`` is, where the price is too high.
        constants: its constants.
    """

    price: Int8Price
    made_by: str
    graph: RecordedFile | None = None
    constants: RecordedFile | None = None


def write_int8(price: Int8Price, graph: Int8Graph, made_by: str, folder: Path) -> RecordedInt8:
    """Write the graph if its price is acceptable; what the record of the bundle says of it.

    Args:
        price: measured on chips that the quantisation did not see.
        graph: written to ``folder``.
        made_by: what made it and on which processor.
        folder: of the bundle.
    """
    if not price.acceptable:
        return RecordedInt8(price, made_by)
    structure = write_recorded(folder / _GRAPH_FILE, graph.structure)
    return RecordedInt8(
        price, made_by, structure, write_recorded(folder / _CONSTANTS_FILE, graph.constants)
    )


def read_int8(recorded: RecordedInt8 | None, folder: Path) -> Int8Graph | None:
    """The graph of a bundle, verified; None where the bundle has none.

    Raises:
        BundleError: its files are not those of the record.
    """
    if recorded is None or recorded.graph is None:
        return None
    if recorded.constants is None:
        raise BundleError(f"the record in {folder} has an INT8 graph without constants")
    return Int8Graph(
        read_verified(folder, recorded.graph, _GRAPH_FILE, "INT8 graph"),
        read_verified(folder, recorded.constants, _CONSTANTS_FILE, "INT8 constants"),
    )


def require_int8(recorded: RecordedInt8 | None, graph: Int8Graph | None) -> Int8Graph:
    """The graph, or a refusal that says why there is none.

    Raises:
        BundleError: the bundle was made without it, or it costs too much.
    """
    if graph is not None:
        return graph
    if recorded is None:
        raise BundleError(
            "this bundle has no INT8 graph: with [inference] precision = 'int8' in the project "
            "file, materialize model_bundle again"
        )
    raise BundleError(f"{recorded.price}: choose [inference] precision = 'auto'")
