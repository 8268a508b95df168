"""Predicted scenes, and the passes of the satellite that they belong to.

What belongs here: what a scene is made of and which scenes vote as one. What does not:
reading (``reading``) and counting.

The datastrips of one datatake over a tile are one pass: where they overlap, they see the
same ground at the same moment, and would vote twice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lulc_assets.core.errors import InvalidProduct

Layers = tuple[Path, Path, Path]
"""Files of a scene, uint8, on the grid of the map: class (code, 0 where not valid),
probability (255 · probability of that class, 0 where not valid) and mask (1 where the scene
classification lets the pixel vote, else 0)."""


@dataclass(frozen=True)
class PredictedScene:
    """One predicted scene.

    Attributes:
        scene_id: identifies the scene; a scene votes once.
        datatake: scenes of one datatake merge before they vote.
        date: of acquisition, UTC, ``YYYY-MM-DD``.
        content: digest of the three files; another digest is another prediction.
        fetch: gives the files; called once, in any thread, and only for scenes that are read.
    """

    scene_id: str
    datatake: str
    date: str
    content: str
    fetch: Callable[[], Layers] = field(compare=False)


@dataclass(frozen=True)
class Datatake:
    """One pass over the tile: one vote per pixel.

    Attributes:
        name: of the datatake.
        scenes: its datastrips, by id.
    """

    name: str
    scenes: tuple[PredictedScene, ...]

    @property
    def date(self) -> str:
        """The day on which it begins."""
        return min(scene.date for scene in self.scenes)

    @property
    def contents(self) -> dict[str, str]:
        """Scene id → digest of its prediction: what the vote of this pass is made from."""
        return {scene.scene_id: scene.content for scene in self.scenes}


def group_datatakes(predictions: Iterable[PredictedScene]) -> dict[str, Datatake]:
    """The passes that predictions belong to, by date and name; a scene given twice is one.

    Raises:
        InvalidProduct: two predictions share an id and differ.
    """
    by_id: dict[str, PredictedScene] = {}
    for prediction in predictions:
        other = by_id.setdefault(prediction.scene_id, prediction)
        if other != prediction:
            raise InvalidProduct(
                f"scene {prediction.scene_id} is given with two predictions, {other.content} and "
                f"{prediction.content}; a scene votes once"
            )
    grouped: dict[str, list[PredictedScene]] = {}
    for _, scene in sorted(by_id.items()):
        grouped.setdefault(scene.datatake, []).append(scene)
    takes = [Datatake(name, tuple(scenes)) for name, scenes in grouped.items()]
    return {take.name: take for take in sorted(takes, key=lambda take: (take.date, take.name))}


def scene_ids(takes: Mapping[str, Datatake]) -> tuple[str, ...]:
    """All scenes of the passes, sorted."""
    return tuple(sorted(scene.scene_id for take in takes.values() for scene in take.scenes))
