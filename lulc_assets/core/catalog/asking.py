"""What candidates answer when they are looked at: clear ground, soundness, or nothing at all.

What belongs here: asking each acquisition once, substitutes for a broken processing, outages kept
apart from findings. What does not: which candidates are taken (``selection``), what the pixels must
say (``core/imagery/checking``).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import numpy as np

from lulc_assets.core.catalog.candidates import Candidate
from lulc_assets.core.catalog.duplicates import find_duplicates
from lulc_assets.core.catalog.table import REFUSED, UNREACHABLE
from lulc_assets.core.errors import ImageryUnreachable, OffsetContradicted, SceneError
from lulc_assets.core.imagery.checking import SceneCheck
from lulc_assets.core.imagery.offset_neighbours import compare
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import SCL_ROLE, SceneRecipe

Look = Callable[[SceneRecipe], Candidate]
Check = Callable[[SceneRecipe], SceneCheck | None]
Asked = tuple[Look, Check]

_Answer = TypeVar("_Answer")

PATIENCE = 3
"""Scenes of one host that may be unreachable in a row before the rest is not asked any more."""


class Answers:
    """The candidates of one selection, asked as far as it needs.

    Of several processings of one acquisition the best is asked; where it is refused, the next one
    takes its place. A place that does not answer says nothing of a scene: such scenes are
    ``unreachable``, and nobody takes their place.

    Args:
        recipes: candidates, duplicates among them.
        look: how clear a scene is; raises SceneError.
        check: whether its files hold what they promise; raises SceneError. None: not asked.
        progress: told after each look.
    """

    def __init__(
        self,
        recipes: Sequence[SceneRecipe],
        look: Look,
        check: Check,
        progress: Progress = silent,
    ) -> None:
        losers = find_duplicates(recipes)
        by_id = {recipe.id: recipe for recipe in recipes}
        self.recipes = by_id
        self.failed: dict[str, str] = {}
        self._look, self._check = look, check
        self._checks: dict[str, SceneCheck | None] = {}
        self._looks: dict[str, Candidate] = {}
        self._silent_hosts: dict[str, int] = {}
        self._groups = {
            recipe.id: [recipe, *(by_id[loser] for loser, w in losers.items() if w == recipe.id)]
            for recipe in recipes
            if recipe.id not in losers
        }
        for number, group in enumerate(self._groups.values(), start=1):
            self._first_of(group)
            progress(number, len(self._groups), f"clearness of {group[0].id}")

    def candidates(self) -> list[Candidate]:
        """Of each acquisition the processing that stands, where one does."""
        found = (self._first_of(group) for group in self._groups.values())
        return [candidate for candidate in found if candidate is not None]

    def checked(self, candidate: Candidate) -> SceneCheck | None:
        """What the pixels say of a candidate; None where they are not asked.

        Raises:
            SceneError: it is refused (and so are later calls), or unreachable.
        """
        recipe = candidate.recipe
        if recipe.id not in self._checks:
            try:
                self._checks[recipe.id] = self._reach(recipe, self._check)
            except SceneError as error:
                self._fail(recipe, error)
                raise
        return self._checks[recipe.id]

    def look_of(self, identifier: str) -> Candidate | None:
        """How clear a scene is; None where it was not asked, or could not be."""
        return self._looks.get(identifier)

    def check_of(self, identifier: str) -> SceneCheck | None:
        """What was found out about a scene; None where it was not asked."""
        return self._checks.get(identifier)

    def substitute(self, identifier: str) -> Candidate | None:
        """The processing that takes the place of one that was refused."""
        for group in self._groups.values():
            if any(recipe.id == identifier for recipe in group):
                return self._first_of(group)
        return None

    def compare_unproven(self, chosen: Iterable[str]) -> dict[str, str]:
        """How the unproven of the chosen scenes compare with the proven ones: id → the numbers.

        A scene that is shifted against them is refused; the caller chooses again.
        """
        checks = {name: check for name in chosen if (check := self._checks.get(name))}
        proven = [check.thumbnail for check in checks.values() if check.proof == "proven"]
        alike = {}
        for name, check in checks.items():
            if check.proof == "proven":
                continue
            likeness, numbers = compare(check.thumbnail, proven)
            if likeness == "alike":
                alike[name] = numbers
            elif likeness == "shifted":
                recipe = check.recipe
                self._fail(recipe, OffsetContradicted(
                    f"scene {name}: the metadata say an offset of {recipe.offset_dn:g} DN "
                    f"({recipe.offset_reason}), but {numbers} reflectance in all of them; ask the "
                    "provider, or leave the scene out"
                ))  # fmt: skip
        return alike

    def replaced_by(self, identifier: str) -> str:
        """The processing that stands for a duplicate."""
        standing = self.substitute(identifier)
        if standing is not None:
            return standing.recipe.id
        group = next(g for g in self._groups.values() if any(r.id == identifier for r in g))
        return group[0].id

    def _first_of(self, group: list[SceneRecipe]) -> Candidate | None:
        for recipe in group:
            reason = self.failed.get(recipe.id, "")
            if reason.startswith(UNREACHABLE):
                return None
            if reason:
                continue
            try:
                if recipe.id not in self._looks:
                    self._looks[recipe.id] = self._reach(recipe, self._look)
                return self._looks[recipe.id]
            except ImageryUnreachable as error:
                self._fail(recipe, error)
                return None
            except SceneError as error:
                self._fail(recipe, error)
        return None

    def _reach(self, recipe: SceneRecipe, ask: Callable[[SceneRecipe], _Answer]) -> _Answer:
        host = urlsplit(recipe.bands[SCL_ROLE].href).netloc
        if host and self._silent_hosts.get(host, 0) >= PATIENCE:
            raise ImageryUnreachable(
                f"scene {recipe.id}: not asked, {PATIENCE} scenes in a row had no answer "
                f"from {host}"
            )
        try:
            found = ask(recipe)
        except ImageryUnreachable:
            self._silent_hosts[host] = self._silent_hosts.get(host, 0) + 1
            raise
        self._silent_hosts[host] = 0
        return found

    def _fail(self, recipe: SceneRecipe, error: SceneError) -> None:
        kind = UNREACHABLE if isinstance(error, ImageryUnreachable) else REFUSED
        self.failed[recipe.id] = f"{kind}{type(error).__name__}: {error}"


def without_empty(candidate: Candidate, check: SceneCheck | None) -> Candidate:
    """The candidate without the share of its data on which a band is missing."""
    if check is None or not check.empty_share:
        return candidate
    clear = candidate.clear * np.float32(1 - check.empty_share)
    return Candidate(check.recipe, clear, candidate.nodata_share)
