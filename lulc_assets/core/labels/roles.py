"""Which polygons train, and which are kept back, when the source does not say.

What belongs here: the draw. What does not: roles that the source itself gives.

Where labels come in windows, whole windows are drawn. Else the draw is by polygon:
neighbouring polygons of one class may land in different roles, so the result shows
agreement on unseen polygons, not on unseen places.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import LabelError
from lulc_assets.core.labels.schema import GOLD, HOLDOUT, TRAIN


def draw_roles(
    label_ids: Sequence[str],
    class_codes: npt.NDArray[np.uint8],
    areas: npt.NDArray[np.float64],
    *,
    holdout_share: float,
    gold_share: float,
    seed: int,
) -> list[str]:
    """Draw a role for each polygon, stratified by class, by shares of area.

    Within a class the polygons are taken in the order of a hash of seed and id, and each
    goes to the first kept-back role that it brings closer to its share of the area. A
    class keeps at least one training polygon; where it has polygons to spare, each role
    with a share gets at least one (the smallest), so that no class goes unjudged.

    Args:
        label_ids: unique ids.
        class_codes: (n,) uint8.
        areas: (n,) in any one unit.
        holdout_share: share of each class's area for ``holdout``, 0–1.
        gold_share: the same for ``gold``.
        seed: changes the draw.

    Returns:
        A role a polygon, in the order of ``label_ids``.

    Raises:
        LabelError: the shares are negative or leave nothing for training.
    """
    _require_shares(holdout_share, gold_share)
    shares = {HOLDOUT: holdout_share, GOLD: gold_share}
    keys = [hashlib.sha256(f"{seed}:{label}".encode()).digest() for label in label_ids]
    roles = np.full(len(label_ids), TRAIN, dtype=object)
    for code in np.unique(class_codes):
        members = sorted(np.flatnonzero(class_codes == code), key=lambda i: keys[i])
        _draw_class(members, areas, shares, roles)
    return [str(role) for role in roles]


def draw_window_roles(
    window_ids: Sequence[str],
    class_codes: npt.NDArray[np.uint8],
    areas: npt.NDArray[np.float64],
    *,
    holdout_share: float,
    gold_share: float,
    seed: int,
) -> list[str]:
    """Draw a role for each window and give it to all of its labels.

    Windows are taken in the order of a hash of seed and id. Each kept-back role first takes
    a window of each class that it lacks, rarest first, then any, until it has its share of
    all area. One window at least is left to train.

    Args:
        window_ids: of each label.
        class_codes: (n,) uint8.
        areas: (n,) in any one unit.
        holdout_share: share of all area for ``holdout``, 0–1.
        gold_share: the same for ``gold``.
        seed: changes the draw.

    Returns:
        A role a label, in the order of ``window_ids``.

    Raises:
        LabelError: the shares are negative or leave nothing for training.
    """
    _require_shares(holdout_share, gold_share)
    names = sorted(
        set(window_ids), key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest()
    )
    place = {name: n for n, name in enumerate(names)}
    held = np.zeros((len(names), 256))
    rows = np.array([place[w] for w in window_ids], dtype=np.int64)
    np.add.at(held, (rows, class_codes.astype(np.int64)), areas)
    by_rarity = np.argsort(held.sum(axis=0), kind="stable")
    roles: dict[int, str] = {}
    for role, share in ((GOLD, gold_share), (HOLDOUT, holdout_share)):
        for window in _take_windows(held, by_rarity, share, set(roles)):
            roles[window] = role
    return [roles.get(place[w], TRAIN) for w in window_ids]


def _take_windows(
    held: npt.NDArray[np.float64], by_rarity: npt.NDArray[np.intp], share: float, gone: set[int]
) -> list[int]:
    """Windows of one role; ``held`` is area by window (in the order of the draw) and class."""
    free = [n for n in range(len(held)) if n not in gone]
    wanted, taken = share * held.sum(), list[int]()
    missing = [code for code in by_rarity if held[:, code].any()]
    while share > 0 and len(free) > 1 and held[taken].sum() < wanted:
        missing = [code for code in missing if not held[taken, code].any()]
        having = [n for code in missing[:1] for n in free if held[n, code] > 0]
        if missing and not having:
            missing = missing[1:]
            continue
        pick = (having or free)[0]
        if taken and held[[*taken, pick]].sum() > 2 * wanted:
            break
        taken.append(pick)
        free.remove(pick)
    return taken


def _require_shares(holdout_share: float, gold_share: float) -> None:
    if min(holdout_share, gold_share) < 0 or holdout_share + gold_share >= 1:
        raise LabelError(
            f"holdout_share {holdout_share} and gold_share {gold_share} must be at least 0 and "
            "together below 1"
        )


def _draw_class(
    members: list[np.intp],
    areas: npt.NDArray[np.float64],
    shares: dict[str, float],
    roles: npt.NDArray[np.object_],
) -> None:
    total = float(areas[members].sum())
    room = {role: share * total for role, share in shares.items()}
    training = len(members)
    for i in members:
        for role, left in room.items():
            if training > 1 and areas[i] < 2 * left:
                room[role] -= float(areas[i])
                roles[i] = role
                training -= 1
                break
    for role, share in shares.items():
        candidates = [i for i in members if roles[i] == TRAIN]
        if share > 0 and len(candidates) > 1 and role not in roles[members]:
            roles[min(candidates, key=lambda i: areas[i])] = role
