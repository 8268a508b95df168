"""What is told of one pixel of a map: its values, and what each scene said.

What belongs here: the trace as data, and as JSON. What does not: reading and counting (``pixel``),
printing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lulc_assets.core.legend import Legend

Reason = Literal["counted", "overruled", "outside", "cloud", "masked", "merged"]

REASONS: Mapping[Reason, str] = {
    "counted": "counted",
    "overruled": "counted: SCL masks this pixel nearly always, and the network sees ground",
    "outside": "not counted: the scene has no data here",
    "cloud": "not counted: the network sees a cloud",
    "masked": "not counted: SCL masks it (cloud, shadow, defect)",
    "merged": "not counted: another datastrip of the same pass speaks for it",
}


@dataclass(frozen=True)
class DateVote:
    """What one scene said of a pixel.

    Attributes:
        scene_id: of the scene.
        date: ``YYYY-MM-DD``.
        datatake: the pass; its datastrips vote once.
        code: class that the network saw, 0 = no data.
        probability: of that class, 0–255.
        clear: whether SCL lets the pixel vote.
        reason: whether it counted, and why not.
        weight_256: of the class in this part of the year, in 1/256.
        score: what it added, probability × weight (of ``plain_mode`` 1 × weight).
    """

    scene_id: str
    date: str
    datatake: str
    code: int
    probability: int
    clear: bool
    reason: Reason
    weight_256: int
    score: int

    @property
    def counted(self) -> bool:
        """Whether it counted."""
        return self.reason in ("counted", "overruled")


@dataclass(frozen=True)
class MapValue:
    """The layers of a map at a pixel: class code, vote share (255 = all), votes counted."""

    code: int
    share: int
    observations: int


@dataclass(frozen=True)
class PixelTrace:
    """A pixel of a map and the votes behind it.

    Attributes:
        row: in the map's grid.
        col: in the map's grid.
        stored: what the map's files hold.
        recomputed: what the votes give.
        flagged: SCL's mask was overruled here.
        scores: class code → sum of the scores, classes with any.
        votes: one per scene, by date and id.
        sieved: the minimum mapping unit gave the pixel the class of its surroundings.
    """

    row: int
    col: int
    stored: MapValue
    recomputed: MapValue
    flagged: bool
    scores: Mapping[int, int]
    votes: tuple[DateVote, ...]
    sieved: bool

    @property
    def agrees(self) -> bool:
        """Whether the votes give what the map shows."""
        if self.sieved:
            return self.stored.observations == self.recomputed.observations
        return self.stored == self.recomputed

    def to_dict(self, legend: Legend) -> dict[str, Any]:
        """Plain JSON types; class names beside codes."""
        return {
            **{name: getattr(self, name) for name in ("row", "col", "flagged", "sieved", "agrees")},
            "stored": {**asdict(self.stored), "class": _name(self.stored.code, legend)},
            "recomputed": {**asdict(self.recomputed), "class": _name(self.recomputed.code, legend)},
            "scores": {_name(code, legend): score for code, score in self.scores.items()},
            "dates": [
                {**asdict(vote), "class": _name(vote.code, legend), "counted": vote.counted}
                for vote in self.votes
            ],
        }


def _name(code: int, legend: Legend) -> str:
    return legend.by_code(code).name if code else "no_data"
