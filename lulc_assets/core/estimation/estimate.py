"""A figure with its uncertainty: what every estimator of this room gives.

What belongs here: the types and their JSON form. What does not: how figures are estimated.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_LEVEL = 0.95
"""Level of confidence where nothing else is asked for."""
_LOW = re.compile(r"ci[0-9.]+_low")


@dataclass(frozen=True)
class Estimate:
    """One figure with its uncertainty; NaN where something cannot be estimated.

    Attributes:
        value: share (0–1) or area in hectares.
        se: standard error, same unit. It is 0 when no unit disagrees; the interval is
            then not built from it and has a width all the same.
        ci_low: lower end of the confidence interval, within the legal range of the figure.
        ci_high: upper end.
        n: sample units that the figure rests on: mapped as the class for user's accuracy,
            of the reference class for producer's accuracy, else all units used.
        level: of confidence of the interval.
    """

    value: float
    se: float
    ci_low: float
    ci_high: float
    n: int
    level: float = DEFAULT_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, NaN as None; the ends are named after the level: ``ci95_low``."""
        low, high = interval_keys(self.level)
        return {
            "value": none_if_nan(self.value),
            "se": none_if_nan(self.se),
            low: none_if_nan(self.ci_low),
            high: none_if_nan(self.ci_high),
            "n": self.n,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Estimate":
        """Rebuild from :meth:`to_dict`."""
        low = next(key for key in data if _LOW.fullmatch(key))
        return cls(
            value=_nan_if_none(data["value"]),
            se=_nan_if_none(data["se"]),
            ci_low=_nan_if_none(data[low]),
            ci_high=_nan_if_none(data[low.replace("_low", "_high")]),
            n=int(data["n"]),
            level=round(float(low[2:-4]) / 100, 12),
        )


def interval_keys(level: float) -> tuple[str, str]:
    """Names of the ends of an interval in JSON: ``ci95_low`` and ``ci95_high`` at 0.95."""
    percent = f"{round(100 * level, 10):g}"
    return f"ci{percent}_low", f"ci{percent}_high"


@dataclass(frozen=True)
class MissingReference:
    """What the units that nobody could interpret might change, at worst and at best.

    Attributes:
        n: units on mapped pixels without a reference class.
        share: of the mapped area that they stand for.
        overall_low: overall accuracy if the map is wrong at all of them.
        overall_high: overall accuracy if it is right at all of them.
        areas_low_ha: by class: its area if none of them is of the class.
        areas_high_ha: by class: its area if all of them are.
    """

    n: int
    share: float
    overall_low: float
    overall_high: float
    areas_low_ha: tuple[float, ...]
    areas_high_ha: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        lists = {"areas_low_ha": list(self.areas_low_ha), "areas_high_ha": list(self.areas_high_ha)}
        return {**vars(self), **lists}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "MissingReference":
        """Rebuild from :meth:`to_dict`."""
        lists = {key: tuple(data[key]) for key in ("areas_low_ha", "areas_high_ha")}
        return cls(**{**data, **lists})


def none_if_nan(number: float) -> float | None:
    """A number for JSON, which has no NaN."""
    return None if math.isnan(number) else number


def _nan_if_none(number: float | None) -> float:
    return math.nan if number is None else float(number)
