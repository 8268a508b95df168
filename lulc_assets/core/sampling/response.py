"""What interpreters were asked: definitions, minimum mapping unit, drivers of loss.

What belongs here: the response design as a campaign decides it before anybody interprets, its JSON
form, and the answers that it allows. What does not: how units were drawn (``design.py``) and
reading what interpreters deliver (``ingest.py``, ``interpreters.py``).

Stehman and Czaplewski 1998 tell sampling design, response design and analysis apart: the same
places and pictures give other areas of forest where forest starts at 10 or at 30 % of cover.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.drivers import NOT_NAMED

MOST_DRIVERS = 255
"""Answers are kept as uint8; 0 is a driver that nobody named."""
_TAKEN = frozenset({NOT_NAMED, "all", "total", "none", "unknown"})
"""Names that would read as something else in a table of drivers."""
_KEYS = ("definitions", "minimum_mapping_unit_ha", "drivers")


@dataclass(frozen=True)
class ResponseDesign:
    """How interpreters come to their answers.

    Attributes:
        definitions: class name → what counts as that class, in words.
        minimum_mapping_unit_ha: smallest area that counts as a class of its own, hectares; None
            where it was not said.
        drivers_of: class whose loss has a driver; empty without drivers.
        drivers: answers to why it was lost.
    """

    definitions: Mapping[str, str] = field(default_factory=dict)
    minimum_mapping_unit_ha: float | None = None
    drivers_of: str = ""
    drivers: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types without what was not said; :meth:`from_dict` reverses it."""
        found: dict[str, Any] = {}
        if self.definitions:
            found["definitions"] = dict(self.definitions)
        if self.minimum_mapping_unit_ha is not None:
            found["minimum_mapping_unit_ha"] = self.minimum_mapping_unit_ha
        if self.drivers:
            found["drivers"] = {"of": self.drivers_of, "names": list(self.drivers)}
        return found

    @classmethod
    def from_dict(cls, data: object, source: str = "response design") -> "ResponseDesign":
        """Read a response design.

        Args:
            data: an object with some of ``definitions``, ``minimum_mapping_unit_ha`` and
                ``drivers`` (``{"of": "trees", "names": ["fire", "logging"]}``).
            source: named in messages.

        Raises:
            InvalidSample: nothing of that, an unknown key, or a value that cannot be meant.
        """
        if not isinstance(data, Mapping) or not data:
            raise InvalidSample(f"{source}: must be an object with some of {', '.join(_KEYS)}")
        strange = sorted(str(key) for key in data if key not in _KEYS)
        if strange:
            raise InvalidSample(f"{source}: unknown key {strange[0]!r}; it has {', '.join(_KEYS)}")
        of, names = _read_drivers(data.get("drivers"), source)
        return cls(
            definitions=_read_definitions(data.get("definitions"), source),
            minimum_mapping_unit_ha=_read_hectares(data.get("minimum_mapping_unit_ha"), source),
            drivers_of=of,
            drivers=names,
        )

    def check_classes(self, known: Iterable[str], source: str) -> None:
        """Refuse a response design that speaks of classes of another legend.

        Raises:
            InvalidSample: it does; the message names the class.
        """
        names = list(known)
        said = [*self.definitions, *([self.drivers_of] if self.drivers_of else [])]
        for name in said:
            if name not in names:
                raise InvalidSample(
                    f"{source}: class {name!r} is not in the legend; it has {', '.join(names)}"
                )

    def meanings(self) -> list[tuple[str, str]]:
        """Term and text of what decides about the classes: definitions and mapping unit."""
        rows = [(f"Definition of {name}", text) for name, text in self.definitions.items()]
        if self.minimum_mapping_unit_ha is not None:
            rows.append(("Minimum mapping unit", f"{self.minimum_mapping_unit_ha:g} ha"))
        return rows

    def sentences(self) -> list[tuple[str, str]]:
        """Term and text of everything that was said, for reports."""
        asked = (f"Drivers of loss of {self.drivers_of}", ", ".join(self.drivers))
        return [*self.meanings(), *([asked] if self.drivers else [])]


def _read_definitions(data: object, source: str) -> dict[str, str]:
    if data is None:
        return {}
    if not isinstance(data, Mapping) or not data:
        raise InvalidSample(f"{source}: definitions must map class names to words")
    for name, text in data.items():
        if not isinstance(text, str) or not text.strip():
            raise InvalidSample(
                f"{source}: the definition of {name!r} is {text!r}; say in words what counts"
            )
    return {str(name): str(text).strip() for name, text in data.items()}


def _read_hectares(value: object, source: str) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(float(str(value))) or float(str(value)) <= 0:
        raise InvalidSample(
            f"{source}: minimum_mapping_unit_ha is {value!r}; give hectares above 0, such as 0.5"
        )
    return float(str(value))


def _read_drivers(data: object, source: str) -> tuple[str, tuple[str, ...]]:
    if data is None:
        return "", ()
    if not isinstance(data, Mapping) or set(data) != {"of", "names"}:
        raise InvalidSample(
            f'{source}: drivers must be an object such as {{"of": "trees", "names": ["fire", '
            '"logging"]}: the class whose loss they explain, and their names'
        )
    of, names = data["of"], data["names"]
    if not isinstance(of, str) or not of:
        raise InvalidSample(f"{source}: drivers are of {of!r}; name the class that is lost")
    if not isinstance(names, list | tuple) or not names or len(names) > MOST_DRIVERS:
        raise InvalidSample(f"{source}: names of drivers: give a list of 1 to {MOST_DRIVERS}")
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not name.strip() or name != name.strip():
            raise InvalidSample(f"{source}: driver {name!r} is not a name")
        if name.casefold() in seen or name.casefold() in _TAKEN:
            why = "occurs twice" if name.casefold() in seen else "reads as something else"
            raise InvalidSample(f"{source}: driver {name!r} {why} in a table; rename it")
        seen.add(name.casefold())
    return of, tuple(names)
