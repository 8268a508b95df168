"""The INT8 graph that a bundle may carry: its files, and what it costs in agreement.

What belongs here: what the record of a bundle says of INT8, read and verified. What does not:
quantising a network and measuring the price (``core/inference/int8``), running it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.artifacts import describe_file, read_verified

ALLOWED_LOSS_POINTS = 0.5
"""Percentage points of agreement with labels that INT8 may lose on any split: a sixth of the
margin of promotion, so that no report shows it."""

_FILES = {"graph": "graph_int8.xml", "constants": "graph_int8.bin"}
_FIELDS = {"graph": "structure", "constants": "constants"}


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


def describe_int8(price: Int8Price, graph: Int8Graph, note: str, folder: Path) -> dict[str, Any]:
    """Write the graph if its price is acceptable; what the record of the bundle says of it.

    Args:
        price: measured on chips that the quantisation did not see.
        graph: written to ``folder``.
        note: what made it and on which processor.
        folder: of the bundle.
    """
    record: dict[str, Any] = {"price": asdict(price), "made_by": note}
    if not price.acceptable:
        return record
    for part, name in _FILES.items():
        (folder / name).write_bytes(getattr(graph, _FIELDS[part]))
        record[part] = describe_file(folder / name)
    return record


def read_int8(record: Mapping[str, Any], folder: Path) -> Int8Graph | None:
    """The graph of a bundle, verified; None where the bundle has none.

    Raises:
        BundleError: its files are not those of the record.
    """
    said = record.get("int8")
    if said is None or "graph" not in said:
        return None
    parts = {
        field: read_verified(folder, said.get(part, {}), _FILES[part], f"INT8 {part}")
        for part, field in _FIELDS.items()
    }
    return Int8Graph(**parts)


def require_int8(record: Mapping[str, Any], graph: Int8Graph | None) -> Int8Graph:
    """The graph, or a refusal that says why there is none.

    Raises:
        BundleError: the bundle was made without it, or it costs too much.
    """
    if graph is not None:
        return graph
    said = record.get("int8")
    if said is None:
        raise BundleError(
            "this bundle has no INT8 graph: with [inference] precision = 'int8' in the project "
            "file, materialize model_bundle again"
        )
    raise BundleError(f"{Int8Price(**said['price'])}: choose [inference] precision = 'auto'")
