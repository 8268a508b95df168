"""How the units of a reference sample were drawn.

What belongs here: the fields of a sampling design and their JSON form. What does not: the
units themselves (``sample.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.response import ResponseDesign

DESIGNS = ("simple_random", "systematic", "stratified", "cluster", "none")
"""Sampling designs; ``cluster``: windows were drawn, and units within them; ``none`` is
anything that is not a probability sample."""


@dataclass(frozen=True)
class SampleDesign:
    """How the units of a sample were chosen.

    Attributes:
        design: one of "simple_random", "systematic", "stratified", "cluster" (windows were
            drawn, then all or some of their pixels), "none".
        region: that was sampled.
        year: that the reference classes describe; None where it was not said.
        sample_size: units that were drawn; None where it was not said.
        population_pixels: of the region; None where it was not said.
        starts: random starts of a systematic sample, one lattice each. 1 where nothing is
            said: a single lattice has no unbiased variance.
        stratum_pixels: size of each stratum of a stratified sample; empty to take
            N_h = Σ 1 / inclusion probability. Pixels of windows in a stratified cluster
            sample.
        response: what interpreters were asked; None where nothing was said.
        extra: everything else that the design file says, kept as it is.
    """

    design: str
    region: str = ""
    year: int | None = None
    sample_size: int | None = None
    population_pixels: int | None = None
    starts: int = 1
    stratum_pixels: Mapping[str, int] = field(default_factory=dict)
    response: ResponseDesign | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_strata(self) -> bool:
        """Whether the design kept strata: stratified, or clusters drawn within strata."""
        return self.design == "stratified" or (
            self.design == "cluster" and bool(self.stratum_pixels)
        )

    @property
    def is_replicated(self) -> bool:
        """Whether it is a systematic sample of several lattices."""
        return self.design == "systematic" and self.starts > 1

    @property
    def needs_primary_units(self) -> bool:
        """Whether units say what they were drawn with: a window, or the start of a lattice."""
        return self.design == "cluster" or self.is_replicated

    @property
    def is_probability(self) -> bool:
        """Whether every place had a known chance to be drawn."""
        return self.design != "none"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it."""
        return {
            "design": self.design,
            "region": self.region,
            "year": self.year,
            "sample_size": self.sample_size,
            "population_pixels": self.population_pixels,
            **({"starts": self.starts} if self.design == "systematic" else {}),
            "stratum_pixels": dict(self.stratum_pixels),
            **({} if self.response is None else {"response": self.response.to_dict()}),
            **self.extra,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: str = "sample design") -> "SampleDesign":
        """Read a design.

        Args:
            data: the object of the design file.
            source: named in messages.

        Raises:
            InvalidSample: no design, an unknown one, or numbers that are not positive
                integers.
        """
        design = data.get("design")
        if design not in DESIGNS:
            raise InvalidSample(
                f"{source}: design is {design!r}; say how the units were drawn: one of "
                f"{', '.join(DESIGNS)} ('none' gives plain agreement without intervals)"
            )
        sizes = data.get("stratum_pixels") or {}
        if not isinstance(sizes, Mapping):
            raise InvalidSample(f"{source}: stratum_pixels must map stratum names to pixels")
        starts = _whole(data, "starts", source)
        if starts is not None and starts > 1 and design != "systematic":
            raise InvalidSample(
                f"{source}: starts is {starts} and design {design!r}; only a systematic sample has "
                "starts"
            )
        return cls(
            design=str(design),
            region=str(data.get("region") or ""),
            year=_whole(data, "year", source),
            sample_size=_whole(data, "sample_size", source),
            population_pixels=_whole(data, "population_pixels", source),
            starts=starts or 1,
            stratum_pixels={str(name): _required_whole(sizes, name, source) for name in sizes},
            response=_response(data, source),
            extra={k: v for k, v in data.items() if k not in _FIELDS},
        )


_FIELDS = {one.name for one in fields(SampleDesign)} - {"extra"}


def _response(data: Mapping[str, Any], source: str) -> ResponseDesign | None:
    said = data.get("response")
    return None if said is None else ResponseDesign.from_dict(said, f"{source}, response")


def _whole(data: Mapping[str, Any], key: str, source: str) -> int | None:
    return None if data.get(key) is None else _required_whole(data, key, source)


def _required_whole(data: Mapping[str, Any], key: str, source: str) -> int:
    value = data[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or value < 1 or value != int(value):
        raise InvalidSample(f"{source}: {key} is {value!r}; it must be a positive whole number")
    return int(value)
