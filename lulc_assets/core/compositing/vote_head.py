"""The learned vote: a linear head on what the kept sums say of a pixel, in whole numbers.

What belongs here: the head as data, its bytes, and what each of its inputs is called. What does
not: the loops (``vote_head_kernel``), learning it (``vote_head_fit``), judging it
(``vote_head_judge``).

A head is a table of integers, its inputs are integers, and so are its scores: a map that it
decides has the same bytes on any machine and any number of threads.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.legend import Legend

FORMAT = 1
SHARE_ONE = 1024
"""An input of 1: shares are counted in steps of 1/1024."""

WEIGHT_ONE = 4096
"""A weight of 1."""

LARGEST_WEIGHT = 2**24
"""4096 logits a share: with a thousand inputs, scores stay below 2^44."""

TALLY_NAMES = ("clear ground", "clear cloud", "masked ground", "masked cloud")

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class VoteHead:
    """A multinomial logistic regression on the sums of a pixel, rounded to integers.

    Its inputs, in this order, are shares of 1/1024: for each part of the year and each class of
    land, its votes that count among all votes that count of the year; likewise its masked votes
    among all masked votes of the year; for each part its four tallies among all dates of the
    year; and one input that is always 1.

    Attributes:
        legend: digest of the legend of the sums.
        parts: of the year, in their order.
        needed: (parts,) bool: a pixel without a vote that counts in such a part is left to the
            plain vote, because the labels do not show what its absence means.
        weights: (land, inputs) int64, in 1/4096; a class that had no label has no row of its own
            (see ``known``).
        known: (land,) bool: classes that the head may choose.
        bundle: digest of the record of the model whose votes it learnt from; another model votes
            in another way.
    """

    legend: str
    parts: tuple[str, ...]
    needed: npt.NDArray[np.bool_]
    weights: I64
    known: npt.NDArray[np.bool_]
    bundle: str = ""

    def __post_init__(self) -> None:
        land = len(self.known)
        wanted = (land, inputs_of(len(self.parts), land))
        if self.weights.shape != wanted or self.needed.shape != (len(self.parts),):
            raise InvalidProduct(
                f"learned vote: weights of shape {self.weights.shape}, {len(self.parts)} parts of "
                f"the year and {land} classes need {wanted}"
            )
        if int(np.abs(self.weights).max(initial=0)) > LARGEST_WEIGHT:
            raise InvalidProduct(f"learned vote: a weight is larger than {LARGEST_WEIGHT}")

    def require(self, legend: Legend, parts: tuple[str, ...]) -> None:
        """Refuse sums that it was not learnt on.

        Raises:
            InvalidProduct: they are of another legend or of other parts of the year.
        """
        if self.legend != legend.digest:
            raise InvalidProduct(
                f"the learned vote is of another legend than {legend.name}; materialize "
                "learned_vote again"
            )
        if self.parts != parts:
            raise InvalidProduct(
                f"the learned vote knows the parts of the year {', '.join(self.parts)}, the sums "
                f"have {', '.join(parts)} ([composite] seasons); materialize annual_map of the "
                "training partitions, then learned_vote"
            )

    def to_json(self) -> bytes:
        """Canonical bytes; :meth:`from_json` reverses them."""
        names = {"format": FORMAT, "legend": self.legend, "bundle": self.bundle}
        content = names | self.to_dict()
        return (json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n").encode()

    def to_dict(self) -> dict[str, Any]:
        """What decides, as plain JSON."""
        return {
            "parts": list(self.parts),
            "needed": self.needed.tolist(),
            "known": self.known.tolist(),
            "weights": self.weights.tolist(),
        }

    @classmethod
    def from_json(cls, data: bytes, where: str) -> "VoteHead":
        """Rebuild from :meth:`to_json`.

        Args:
            data: bytes.
            where: file, for messages.

        Raises:
            InvalidProduct: not a learned vote of this format, or a weight is not a whole number.
        """
        try:
            content: dict[str, Any] = json.loads(data)
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']!r}")
            return cls(
                legend=str(content["legend"]),
                parts=tuple(map(str, content["parts"])),
                needed=_flags(content["needed"]),
                weights=_whole(content["weights"]),
                known=_flags(content["known"]),
                bundle=str(content["bundle"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidProduct(f"{where} is not a learned vote: {error}") from error


def inputs_of(parts: int, land: int) -> int:
    """How many inputs a pixel has."""
    return 2 * parts * land + len(TALLY_NAMES) * parts + 1


def input_names(parts: tuple[str, ...], legend: Legend) -> list[str]:
    """What each input is, for people: ``clear crops from 04-01``; the last one is ``always``."""
    since = [f"from {part[:2]}-{part[2:]}" for part in parts]
    return [
        *(f"{how} {land.title.lower()} {day}" for how in ("clear", "masked") for day in since
          for land in legend.land),
        *(f"dates of {tally} {day}" for day in since for tally in TALLY_NAMES),
        "always",
    ]  # fmt: skip


def _flags(values: list[Any]) -> npt.NDArray[np.bool_]:
    if not all(isinstance(value, bool) for value in values):
        raise ValueError("needed and known are true or false")
    return np.array(values, np.bool_)


def _whole(rows: list[list[Any]]) -> I64:
    if not all(type(value) is int for row in rows for value in row):
        raise ValueError("a weight is not a whole number")
    found: I64 = np.array(rows, np.int64)
    if found.ndim != 2:
        raise ValueError("weights are not a table")
    return found
