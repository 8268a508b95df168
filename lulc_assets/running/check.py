"""What a project will meet, before any dear work.

What belongs here: asking the catalogue, counting labels as chips will see them, and what both
come to: findings, minutes and gigabytes. What does not: the least that training needs
(``core/training/readiness``), printing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lulc_assets.core.chips.account import LabelAccount, join_accounts
from lulc_assets.core.chips.forecast import forecast_account
from lulc_assets.core.errors import CatalogError, LabelError, LulcError, NoTrainingChips
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.delivery import deliver_labels
from lulc_assets.core.labels.schema import GOLD, HOLDOUT, TRAIN
from lulc_assets.core.labels.source import LabelSet
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.training.readiness import Finding, LabelPixels, assess
from lulc_assets.project import Project
from lulc_assets.steps.imagery import digest_of_scenes, find_scenes
from lulc_assets.steps.labels import burn_role
from lulc_assets.steps.workbench import Workbench

PREDICTED_PX_A_SECOND = 1.7e6
"""Of the network on two cores (README); reading and voting take about as long again."""
TRAINED_PX_A_SECOND = 0.7e6
"""Two cores, ResNet-18 on chips of 128 px: the demo's 6,500 views take about 150 s."""
BYTES_PER_PREDICTED_PX = 1.0
"""Class, probability and mask of one scene, compressed."""
BYTES_PER_CHIP_PX = 9.0
"""Six bands of 16 bits and the labels, compressed."""


@dataclass(frozen=True)
class ScenesOfYear:
    """What the catalogue has of a tile and year.

    Attributes:
        tile: MGRS tile.
        year: calendar year.
        usable: scenes that can be read.
        refused: items that cannot.
        seen: digest of the usable ones.
        problem: why there is none; empty where there are.
    """

    tile: str
    year: int
    usable: int = 0
    refused: int = 0
    seen: str = ""
    problem: str = ""


@dataclass(frozen=True)
class LabelsOfClass:
    """Pixels of a class in all training partitions, by role.

    Attributes:
        name: of the class.
        train: pixels that train, before clouds.
        gold: pixels that judge the model.
        holdout: pixels that judge the maps.
    """

    name: str
    train: int = 0
    gold: int = 0
    holdout: int = 0


@dataclass(frozen=True)
class ProjectCheck:
    """What was found.

    Attributes:
        scenes: of each tile and year that is mapped or trained on.
        labels: of each class of the legend.
        dropped: reason → polygons that teach nothing.
        findings: refusals first.
        minutes: to expect on two cores without a GPU, roughly.
        gigabytes: of the store, roughly.
    """

    scenes: tuple[ScenesOfYear, ...]
    labels: tuple[LabelsOfClass, ...]
    dropped: Mapping[str, int]
    findings: tuple[Finding, ...]
    minutes: float
    gigabytes: float

    @property
    def refusals(self) -> tuple[str, ...]:
        """What makes a run fail."""
        return tuple(f.text for f in self.findings if f.severity == "refusal")


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


def check_project(project: Project, progress: Progress = silent) -> ProjectCheck:
    """Ask the catalogue and count the labels of a project; opens no image."""
    scenes = find_all_scenes(project, progress)
    count = count_labels(project)
    labels = tuple(
        LabelsOfClass(c.name, *(count.pixels[role][c.name] for role in (TRAIN, GOLD, HOLDOUT)))
        for c in project.legend().land
    )
    findings = [*_about_scenes(scenes), *count.findings, *_about_classes(labels)]
    findings += _about_accuracy(project, labels)
    findings.sort(key=lambda finding: finding.severity != "refusal")
    minutes, gigabytes = expect_cost(project, scenes, count.chip_px)
    return ProjectCheck(scenes, labels, dict(count.dropped), tuple(findings), minutes, gigabytes)


def find_all_scenes(project: Project, progress: Progress = silent) -> tuple[ScenesOfYear, ...]:
    """What the catalogue has of every tile and year that is mapped or trained on."""
    work = Workbench.of(project)
    maps = [(tile, year) for tile in project.tiles for year in project.mapped_years()]
    keys = sorted({*maps, *project.training_partitions()})
    found = []
    for number, (tile, year) in enumerate(keys, start=1):
        try:
            result = find_scenes(work, TileYear(tile, year))
        except CatalogError as error:
            found.append(ScenesOfYear(tile, year, problem=str(error)))
        else:
            problem = "" if result.recipes else f"none of {len(result.rejected)} items is readable"
            if not result.recipes and result.rejected:
                problem += f", for example {result.rejected[0].reason}"
            seen = digest_of_scenes(result.recipes)
            usable, refused = len(result.recipes), len(result.rejected)
            found.append(ScenesOfYear(tile, year, usable, refused, seen, problem))
        progress(number, len(keys), f"scenes of {tile} {year}")
    return tuple(found)


def count_labels(project: Project) -> LabelCount:
    """Read, cut and burn the labels of all training partitions, and foresee their chips."""
    count = LabelCount()
    accounts, kept = [], set[str]()
    delivered: LabelSet | None = None
    for tile, year in project.training_partitions():
        try:
            delivered, account = _count_partition(project, tile, year, count)
        except (LabelError, NoTrainingChips) as error:
            count.findings.append(Finding("refusal", f"labels of {tile} {year}: {error}"))
            continue
        kept |= set(delivered.table["label_id"])
        accounts.append(account)
    if delivered is not None:
        _count_dropped(delivered, len(kept), count)
    if accounts and not count.findings:
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


def _count_dropped(delivered: LabelSet, kept: int, count: LabelCount) -> None:
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
    outside = read.found - lost - kept
    if outside > 0:
        count.dropped["outside the area, the training tiles or their years"] += outside


def _about_scenes(scenes: Sequence[ScenesOfYear]) -> list[Finding]:
    return [
        Finding("refusal", f"{each.tile} {each.year}: {each.problem}")
        for each in scenes
        if each.problem
    ]


def _about_classes(labels: Sequence[LabelsOfClass]) -> list[Finding]:
    never = [each.name for each in labels if not (each.train + each.gold + each.holdout)]
    if not never:
        return []
    text = (
        f"never taught: {', '.join(never)}; these classes will not be mapped, and ground of them "
        "goes to other classes"
    )
    return [Finding("warning", text)]


def _about_accuracy(project: Project, labels: Sequence[LabelsOfClass]) -> list[Finding]:
    sampled = any(region.samples for region in project.regions.values())
    if sampled:
        return []
    if not any(each.holdout for each in labels):
        text = (
            "no held-out label and no reference sample: nothing can be said of the maps' accuracy; "
            "set [labels] holdout_share, or draw a sample with `lulc sample design`"
        )
    else:
        text = (
            "no reference sample: pages will show the agreement with held-out labels, which is no "
            "estimate of the maps' accuracy; `lulc sample design` draws one"
        )
    return [Finding("warning", text)]


def expect_cost(
    project: Project, scenes: Sequence[ScenesOfYear], chip_px: float
) -> tuple[float, float]:
    """Minutes on two cores and gigabytes of the store, roughly.

    Args:
        project: settings.
        scenes: of each tile and year.
        chip_px: pixels of the training chips of one date.
    """
    most, mapped = project.selection.max_scenes, set(project.mapped_years())
    predicted = trained = 0.0
    for each in scenes:
        grid = project.grid_of(each.tile)
        if each.year in mapped and each.tile in project.tiles:
            predicted += min(each.usable, most) * grid.height * grid.width
    dates = min(project.chips.max_dates, max((each.usable for each in scenes), default=0))
    trained = chip_px * dates
    views = trained * project.recipe.max_epochs
    if project.recipe.max_chip_views is not None:
        size = project.chips.size_px or 128
        views = min(views, float(project.recipe.max_chip_views * size**2))
    seconds = 2 * predicted / PREDICTED_PX_A_SECOND + views / TRAINED_PX_A_SECOND
    size_bytes = predicted * BYTES_PER_PREDICTED_PX + trained * BYTES_PER_CHIP_PX
    return seconds / 60, size_bytes / 1e9


def require_fit(check: ProjectCheck) -> None:
    """Refuse to begin what cannot end well.

    Raises:
        NotReady: with every refusal.
    """
    if check.refusals:
        raise NotReady("; ".join(check.refusals))


class NotReady(LulcError):
    """A project lacks something without which its run would fail."""
