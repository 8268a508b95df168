"""The figures of one accuracy and area report, as plain frozen data.

What belongs here: the dataclasses that pages, metric tables and asset metadata read, and
their JSON form. What does not: how the figures are estimated (``figures.py``) and how a
map and a sample become a report (``build.py``).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import (
    DEFAULT_LEVEL,
    Estimate,
    MissingReference,
    none_if_nan,
)
from lulc_assets.core.sampling.response import ResponseDesign

Scope = Literal["tile", "region"]
Verdict = Literal["estimated", "insufficient", "agreement_only", "no_sample"]

SCOPES: tuple[Scope, ...] = ("tile", "region")
VERDICTS: tuple[Verdict, ...] = ("estimated", "insufficient", "agreement_only", "no_sample")


@dataclass(frozen=True)
class ClassFigures:
    """The figures of one land class.

    Attributes:
        code: legend code of a class of land.
        name: machine name.
        title: printed name.
        color: sRGB, ``#rrggbb``.
        mapped_area_ha: counted on the map, without any correction for its errors.
        area_ha: estimated area; None unless the report's verdict is "estimated".
        users: user's accuracy (1 − commission error), or None.
        producers: producer's accuracy (1 − omission error), or None.
        f1: harmonic mean of the two, 2 hits / (mapped + reference), or None.
        taught: whether training showed the class to the map's model. One that it did not is
            not mapped, which is not the same as an area of 0 ha.
    """

    code: int
    name: str
    title: str
    color: str
    mapped_area_ha: float
    area_ha: Estimate | None
    users: Estimate | None
    producers: Estimate | None
    f1: Estimate | None = None
    taught: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "code": self.code,
            "name": self.name,
            "title": self.title,
            "color": self.color,
            "mapped_area_ha": self.mapped_area_ha,
            "area_ha": _optional_dict(self.area_ha),
            "users": _optional_dict(self.users),
            "producers": _optional_dict(self.producers),
            "f1": _optional_dict(self.f1),
            **({} if self.taught else {"taught": False}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ClassFigures":
        """Rebuild from :meth:`to_dict`."""
        fields = dict(data)
        for key in ("area_ha", "users", "producers", "f1"):
            fields[key] = _optional_estimate(data.get(key))
        return cls(**fields)


@dataclass(frozen=True)
class AccuracyReport:
    """What is known about one map of a tile or a region in one year.

    Attributes:
        scope: "tile" or "region".
        key: tile key or region name.
        year: of the map.
        design: of the sample, one of ``DESIGNS``.
        verdict: "estimated" (design-based figures), "insufficient" (a probability sample,
            but too small here), "agreement_only" (no probability sample), "no_sample".
        verdict_reason: why, in a sentence for a reader.
        n_units: sample units used.
        n_unusable: units on pixels without map data, outside every tile (region only), or
            that no interpreter could name.
        total_area_ha: of all owned pixels: mapped classes and no data together.
        no_data_area_ha: of the owned pixels without map data; estimates exclude them.
        overall: overall accuracy, None unless "estimated".
        agreement: plain share of units where map and reference agree, None without units.
        classes: the land classes in the order of their codes.
        matrix: counts of units, shape (land, land), int64; rows = map, columns = reference.
        proportions: estimated shares of the mapped area, same layout, float64, or None.
        warnings: sentences for a reader.
        design_effect: of overall accuracy: how many units of this design tell as much as
            one independent unit; None unless "estimated", NaN at an accuracy of 0 or 1.
        starts: lattices of a systematic sample, each with a random start; None for other
            designs.
        missing: bounds for the units that nobody could interpret; None without such units,
            and unless "estimated".
        response: what interpreters were asked; None where the sample does not say.
    """

    scope: Scope
    key: str
    year: int
    design: str
    verdict: Verdict
    verdict_reason: str
    n_units: int
    n_unusable: int
    total_area_ha: float
    no_data_area_ha: float
    overall: Estimate | None
    agreement: float | None
    classes: tuple[ClassFigures, ...]
    matrix: npt.NDArray[np.int64]
    proportions: npt.NDArray[np.float64] | None
    warnings: tuple[str, ...]
    design_effect: float | None = None
    missing: MissingReference | None = None
    starts: int | None = None
    response: ResponseDesign | None = None

    @property
    def level(self) -> float:
        """Of confidence of its intervals."""
        return DEFAULT_LEVEL if self.overall is None else self.overall.level

    def with_taught(self, taught: Collection[str]) -> "AccuracyReport":
        """The same, which says of all other classes that the map's model never learnt them."""
        absent = [c.title for c in self.classes if c.name not in taught]
        if not absent:
            return self
        why = "because training did not teach the model to tell it"
        said = f"Not mapped, {why}: {', '.join(absent)}."
        classes = tuple(replace(c, taught=c.name in taught) for c in self.classes)
        return replace(self, classes=classes, warnings=(*self.warnings, said))

    def with_dropped(self, dropped: Mapping[str, int]) -> "AccuracyReport":
        """The same, with a caution in its reason: labels that lead to no class of the legend.

        Args:
            dropped: class of the label file → labels.
        """
        named = ", ".join(f"{name} ({count:,})" for name, count in dropped.items() if count)
        if not named:
            return self
        said = (
            f"Labels that the legend drops: {named}. Their ground is mapped as other classes, "
            "and no figure here knows of it."
        )
        return replace(self, verdict_reason=f"{self.verdict_reason} {said}")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; NaN becomes None. :meth:`from_dict` reverses it."""
        proportions = None if self.proportions is None else self.proportions.tolist()
        return {
            "scope": self.scope,
            "key": self.key,
            "year": self.year,
            "design": self.design,
            "verdict": self.verdict,
            "verdict_reason": self.verdict_reason,
            "n_units": self.n_units,
            "n_unusable": self.n_unusable,
            "total_area_ha": self.total_area_ha,
            "no_data_area_ha": self.no_data_area_ha,
            "overall": _optional_dict(self.overall),
            "agreement": self.agreement,
            "classes": [c.to_dict() for c in self.classes],
            "matrix": self.matrix.tolist(),
            "proportions": proportions,
            "warnings": list(self.warnings),
            "design_effect": None
            if self.design_effect is None
            else none_if_nan(self.design_effect),
            "starts": self.starts,
            "missing": None if self.missing is None else self.missing.to_dict(),
            **({} if self.response is None else {"response": self.response.to_dict()}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "AccuracyReport":
        """Rebuild from :meth:`to_dict`."""
        fields = dict(data)
        fields["overall"] = _optional_estimate(data["overall"])
        fields["classes"] = tuple(ClassFigures.from_dict(c) for c in data["classes"])
        fields["matrix"] = np.array(data["matrix"], dtype=np.int64)
        if data["proportions"] is not None:
            fields["proportions"] = np.array(data["proportions"], dtype=np.float64)
        fields["warnings"] = tuple(data["warnings"])
        if data.get("missing") is not None:
            fields["missing"] = MissingReference.from_dict(data["missing"])
        if data.get("response") is not None:
            fields["response"] = ResponseDesign.from_dict(data["response"])
        return cls(**fields)


def _optional_dict(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_dict()


def _optional_estimate(data: Mapping[str, Any] | None) -> Estimate | None:
    return None if data is None else Estimate.from_dict(data)
