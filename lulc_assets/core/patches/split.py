"""Which patches train, which choose the epoch, which judge.

What belongs here: the draw, by scene where names tell the scene. What does not: reading.

Patches of one scene are alike: a classifier that saw some of them has seen the others. Where file
names hold the scene (BigEarthNet's do, EuroSAT's do not), whole scenes are drawn.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import SplitImpossible
from lulc_assets.core.patches.folder import PatchFile

_SCENE = re.compile(r"S2[ABC]_MSIL[12][AC]_\d{8}T\d{6}|S2[ABC]_(?:T)?\d{2}[A-Z]{3}_\d{8}")


@dataclass(frozen=True)
class PatchSplit:
    """The shares of a split.

    Attributes:
        test_share: of the patches of each class, those that judge, 0–1; 0.2 as in Helber et al.
        val_share: of the others, those that choose the epoch. They are taken from the training
            side: a test set that chose the epoch would flatter.
        seed: of the draw.
    """

    test_share: float = 0.2
    val_share: float = 0.125
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("test_share", "val_share"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"patches: {name} {getattr(self, name)} is not between 0 and 1")


def scene_of(file: PatchFile) -> str:
    """The scene that a file's name tells; empty where it tells none."""
    found = _SCENE.search(file.path.stem)
    return found.group(0) if found else ""


def group_patches(files: Sequence[PatchFile]) -> list[str]:
    """For each patch what is drawn as one: its scene, or the patch itself."""
    return [scene_of(file) or file.name for file in files]


def split_patches(files: Sequence[PatchFile], settings: PatchSplit) -> list[str]:
    """``train``, ``val`` or ``gold`` (which judges) for each patch; gold is the test set.

    Each class has its share of test and validation groups, one at least.

    Raises:
        SplitImpossible: a class has too few patches, or all in one or two scenes.
    """
    groups = np.array(group_patches(files))
    classes = np.array([file.class_name for file in files])
    for name, count in sorted(Counter(classes.tolist()).items()):
        held = len(set(groups[classes == name].tolist()))
        if held < 3:
            where = "" if held == count else f" of {held} scene(s)"
            raise SplitImpossible(
                f"class {name} has {count} patch(es){where}: one must train, one choose the epoch "
                "and one judge; add patches, or remove the class"
            )
    part = np.full(len(files), "train", dtype=object)
    taken: dict[str, str] = {}
    for name in sorted(set(classes.tolist())):
        own = np.array(sorted(set(groups[classes == name].tolist())))
        free = _drawn([g for g in own.tolist() if g not in taken], settings.seed)
        taken |= _draw(free, own, taken, settings)
    for number, group in enumerate(groups.tolist()):
        part[number] = taken.get(group, "train")
    _require_all_parts(classes, part)
    return [str(p) for p in part]


def folds_of(files: Sequence[PatchFile], folds: int, seed: int) -> npt.NDArray[np.int64]:
    """A fold from 0 for each patch, each class spread evenly over them; groups stay together.

    Raises:
        SplitImpossible: a class has fewer patches than there are folds.
    """
    groups = np.array(group_patches(files))
    classes = np.array([file.class_name for file in files])
    rng = np.random.default_rng([seed, folds])
    fold_of: dict[str, int] = {}
    for name in sorted(set(classes.tolist())):
        own = sorted(set(groups[classes == name].tolist()))
        if len(own) < folds:
            raise SplitImpossible(f"class {name} has {len(own)} patches for {folds} folds")
        start = int(rng.integers(folds))
        for place, group in enumerate(rng.permutation(own).tolist()):
            fold_of.setdefault(group, (start + place) % folds)
    return np.array([fold_of[group] for group in groups.tolist()], dtype=np.int64)


def _draw(
    free: list[str],
    own: npt.NDArray[np.str_],
    taken: dict[str, str],
    settings: PatchSplit,
) -> dict[str, str]:
    """Parts of the groups of one class that no other class has drawn yet."""
    had = Counter(taken[g] for g in own.tolist() if g in taken)
    test = max(0, max(1, round(settings.test_share * len(own))) - had["gold"])
    rest = len(own) - test - had["gold"]
    val = max(0, max(1, round(settings.val_share * rest)) - had["val"])
    parts = ["gold"] * test + ["val"] * val
    return dict(zip(free, parts + ["train"] * (len(free) - len(parts)), strict=False))


def _drawn(names: list[str], seed: int) -> list[str]:
    """Names in an order drawn at random, which others that are added do not turn over.

    Where a folder grows, most test patches remain test patches, and two classifiers can be
    compared on what neither has seen.
    """
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())


def _require_all_parts(classes: npt.NDArray[np.str_], part: npt.NDArray[np.object_]) -> None:
    for name in sorted(set(classes.tolist())):
        there = set(part[classes == name].tolist())
        lacking = [p for p in ("train", "val", "gold") if p not in there]
        if lacking:
            raise SplitImpossible(
                f"class {name}: its scenes are those of other classes, and no patch of it is left "
                f"for {', '.join(lacking)}; try another seed, or add scenes"
            )
