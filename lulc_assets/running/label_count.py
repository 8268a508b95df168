"""The labels of a project as chips will see them, counted before any image is opened.

What belongs here: cutting and burning labels, and what becomes of each polygon. What does not:
what the figures mean for a run (``check``), the least that training needs
(``core/training/readiness``).
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from lulc_assets.core.chips.account import LabelAccount, join_accounts
from lulc_assets.core.chips.forecast import forecast_account
from lulc_assets.core.errors import LabelError, NoTrainingChips
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.delivery import deliver_labels
from lulc_assets.core.labels.schema import GOLD, HOLDOUT, TRAIN
from lulc_assets.core.labels.source import LabelSet, name_first
from lulc_assets.core.training.readiness import Finding, LabelPixels, assess
from lulc_assets.project import Project
from lulc_assets.steps.labels import burn_role


@dataclass
class LabelCount:
    """The labels of all training partitions as chips will see them.

    Attributes:
        pixels: role → class name → pixels.
        dropped: reason → polygons.
        account: of what reaches chips; None where nothing can be said.
        chip_px: pixels of all chips of one date.
        findings: what stands against training.
    """

    pixels: dict[str, Counter[str]] = field(
        default_factory=lambda: {role: Counter() for role in (TRAIN, GOLD, HOLDOUT)}
    )
    dropped: Counter[str] = field(default_factory=Counter)
    account: LabelAccount | None = None
    chip_px: float = 0.0
    findings: list[Finding] = field(default_factory=list)


def count_labels(project: Project) -> LabelCount:
    """Read, cut and burn the labels of all training partitions, and foresee their chips."""
    count = LabelCount()
    accounts, kept = [], set[str]()
    delivered: LabelSet | None = None
    if not project.training_partitions():
        text = "[training] names no tile or no year: nothing teaches the model; fill both in"
        count.findings.append(Finding("refusal", text))
    for tile, year in project.training_partitions():
        try:
            delivered, account = _count_partition(project, tile, year, count)
        except (LabelError, NoTrainingChips) as error:
            count.findings.append(Finding("refusal", f"labels of {tile} {year}: {error}"))
            continue
        kept |= set(delivered.table["label_id"])
        accounts.append(account)
    if delivered is not None:
        _count_dropped(delivered, kept, count)
        lost = delivered.report.lost_classes
        count.findings += [Finding("warning", f"{project.labels.path}: {text}") for text in lost]
    if accounts and not any(f.severity == "refusal" for f in count.findings):
        count.account = join_accounts(accounts)
        count.findings += assess(LabelPixels.of_account(count.account))
    return count


def _count_partition(
    project: Project, tile: str, year: int, count: LabelCount
) -> tuple[LabelSet, LabelAccount]:
    source, grid, legend = project.label_source(), project.grid_of(tile), project.legend()
    after_cut = project.labels.draw_roles_after_cut
    delivered = deliver_labels(source, tile, year, grid, draw_after_cut=after_cut)
    train, train_report, _ = burn_role(delivered.table, grid, TRAIN, source)
    gold, gold_report, _ = burn_role(delivered.table, grid, GOLD, source)
    lenient = replace(BurnRules.of(source), leaks="clear")
    _, held_report = burn_labels(delivered.table, grid, HOLDOUT, lenient)
    for report in (train_report, gold_report, held_report):
        _add(count, report, project)
    account, layout = forecast_account(grid, train, gold, project.chips, legend)
    count.chip_px += (train > 0).any() * _chip_px(grid.height * grid.width, layout.size_px)
    return delivered, account


def _chip_px(area_px: int, size_px: int) -> float:
    """Pixels of the chips of one date: neighbours overlap by a fifth."""
    return max(area_px / 0.8**2, float(size_px**2))


def _add(count: LabelCount, report: BurnReport, project: Project) -> None:
    for code, pixels in report.pixels.items():
        count.pixels[report.role][project.legend().by_code(code).name] += pixels
    if report.vanished:
        count.dropped["too small for the centre of a 10 m pixel"] += report.vanished
    if report.hidden:
        count.dropped["hidden by other labels"] += report.hidden


def _count_dropped(delivered: LabelSet, kept: set[str], count: LabelCount) -> None:
    """Polygons of the file that belong to no partition, by reason."""
    read = delivered.report
    for value, number in read.dropped.items():
        count.dropped[f"class {value!r} leads to no class of the legend"] += number
    for relation, number in read.not_accepted.items():
        count.dropped[f"a class that is {relation} than one of the legend"] += number
    flat = sum(mended.dropped for mended in read.mended)
    if flat:
        count.dropped["no area left after mending"] += flat
    lost = read.without_class + sum(read.not_accepted.values()) + flat
    outside = read.found - lost - len(kept)
    if outside > 0:
        others = [label for label in read.label_ids if label not in kept]
        named = f" ({name_first(others)})" if others else ""
        count.dropped[f"outside the area, the training tiles or their years{named}"] += outside
