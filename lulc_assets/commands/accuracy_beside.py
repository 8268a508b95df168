"""Figures that stand beside those of a report: interpreters' error, alternate labels.

What belongs here: asking for them and printing them. What does not: estimation
(``core/accuracy``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lulc_assets.core.estimation.estimate import interval_keys

if TYPE_CHECKING:
    from lulc_assets.core.accuracy.report import AccuracyReport
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.map_file import MapFile
    from lulc_assets.core.sampling.sample import ReferenceSample


def figures_beside(
    maps: "Sequence[MapFile]",
    sample: "ReferenceSample",
    report: "AccuracyReport",
    second: Path | None,
    alternate: Path | None,
    settings: "AccuracySettings",
) -> dict[str, Any]:
    """What was asked for, as plain JSON, by name; nothing where the report has no estimate."""
    from lulc_assets.core.accuracy.build import build_region_report
    from lulc_assets.core.accuracy.imputation import impute_second_look, with_alternates
    from lulc_assets.core.sampling.sample import read_sample

    found: dict[str, Any] = {}
    if report.verdict != "estimated":
        return found
    if second is not None:
        told = impute_second_look(maps, sample, read_sample(second), settings=settings)
        found["interpreters"] = {
            "twice": told.twice,
            "agreed": told.agreed,
            "overall": told.overall.to_dict(),
            "classes": {
                c.name: {
                    "area_ha": area.to_dict(),
                    "missing_information": missing,
                }
                for c, area, missing in zip(
                    report.classes, told.areas_ha, told.missing_information, strict=True
                )
            },
        }
    if alternate is not None:
        either = build_region_report(
            (one.part() for one in maps),
            with_alternates(sample, read_sample(alternate), maps),
            key=report.key,
            year=report.year,
            legend=maps[0].legend,
            settings=settings,
        )
        found["either_label"] = either.to_dict()
    return found


def print_beside(found: dict[str, Any], level: float) -> None:
    """The same in sentences."""
    low, high = interval_keys(level)
    if "interpreters" in found:
        told = found["interpreters"]
        typer.echo(
            f"\nWith the interpreters' error ({told['agreed']} of {told['twice']} units that were "
            "looked at twice agree):"
        )
        _print_share("overall accuracy", told["overall"], low, high)
        for name, row in told["classes"].items():
            area = row["area_ha"]
            if area["value"]:
                ends = f"[{area[low]:,.0f}–{area[high]:,.0f}]"
                share = row["missing_information"]
                typer.echo(f"{name}: {area['value']:,.0f} ha {ends}; {share:.0%} of its variance")
    if "either_label" in found:
        typer.echo("\nIf the alternate label counts as right too:")
        _print_share("overall accuracy", found["either_label"]["overall"], low, high)


def _print_share(title: str, figure: dict[str, Any], low: str, high: str) -> None:
    typer.echo(f"{title} {figure['value']:.3f} [{figure[low]:.3f}–{figure[high]:.3f}]")
