"""Pictures of the benchmark of change.

What belongs here: curves and bars from its figures. What does not: the figures.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

_OURS = "#1a6e4f"
_GREYS = ("#c4281b", "#e49635", "#419bdf", "#7a5fb0", "#8d8d8d", "#b58900", "#2aa198", "#d33682",
          "#586e75")  # fmt: skip


def draw_curves(found: dict[str, Any], days: Sequence[int], path: Path) -> Path:
    """F1 by days since the event, a panel for each sensor profile."""
    figure = Figure(figsize=(5.2 * len(found), 3.8), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axis, (profile, figures) in zip(axes, found.items(), strict=True):
        for place, (name, curve) in enumerate(figures["curves"].items()):
            ours = place == 0
            axis.plot(
                days, curve, label=name, lw=2.4 if ours else 1.3,
                color=_OURS if ours else _GREYS[(place - 1) % len(_GREYS)],
            )  # fmt: skip
        axis.set_title(f"sensor profile: {profile}", fontsize=10)
        axis.set_xlabel("days since the event")
        axis.set_ylim(0, 1)
        axis.set_xlim(0, days[-1])
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("F1 of confirmed alerts")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=min(5, 3 * len(found)), fontsize=8, frameon=False)  # fmt: skip
    figure.savefig(path, dpi=130)
    return path


def draw_years(found: dict[str, Any], path: Path) -> Path:
    """User's and producer's accuracy of the year of change, beside the two-date difference."""
    figure = Figure(figsize=(5.2 * len(found), 3.2), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    limits = ("exact_year", "within_1_year", "ever")
    for axis, (profile, figures) in zip(axes, found.items(), strict=True):
        for place, (name, one) in enumerate(figures["years"].items()):
            color = _OURS if place == 0 else _GREYS[0]
            for measure, shade in (("ua", 1.0), ("pa", 0.45)):
                at = [k + 0.2 * (2 * place + (measure == "pa")) for k in range(len(limits))]
                heights = [one[f"{limit}_{measure}"] or 0.0 for limit in limits]
                axis.bar(
                    at, heights, 0.19, color=color, alpha=shade,
                    label=f"{name}: {'user' if measure == 'ua' else 'producer'}'s accuracy",
                )  # fmt: skip
        axis.set_xticks([k + 0.3 for k in range(len(limits))], ["exact year", "± 1 year", "ever"])
        axis.set_ylim(0, 1)
        axis.set_title(f"sensor profile: {profile}", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", alpha=0.25)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2,
                  fontsize=8, frameon=False)  # fmt: skip
    figure.savefig(path, dpi=130)
    return path
