"""What a project will meet, before any dear work.

What belongs here: asking the catalogue, and what scenes and labels come to: findings. What does
not: counting labels (``label_count``), minutes and gigabytes (``cost``), printing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lulc_assets.core.errors import CatalogError, LulcError
from lulc_assets.core.labels.schema import GOLD, HOLDOUT, TRAIN
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.training.readiness import Finding
from lulc_assets.project import Project
from lulc_assets.running.cost import ScenesOfYear, expect_cost
from lulc_assets.running.label_count import count_labels
from lulc_assets.steps.imagery import digest_of_scenes, find_scenes
from lulc_assets.steps.workbench import Workbench


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


def check_project(project: Project, progress: Progress = silent) -> ProjectCheck:
    """Ask the catalogue and count the labels of a project; opens no image."""
    scenes = find_all_scenes(project, progress)
    count = count_labels(project)
    labels = tuple(
        LabelsOfClass(c.name, *(count.pixels[role][c.name] for role in (TRAIN, GOLD, HOLDOUT)))
        for c in project.legend().land
    )
    findings = [*_about_scenes(scenes), *count.findings]
    if any(each.train + each.gold + each.holdout for each in labels):
        findings += _about_classes(labels)
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


def require_fit(check: ProjectCheck) -> None:
    """Refuse to begin what cannot end well.

    Raises:
        NotReady: with every refusal.
    """
    if check.refusals:
        raise NotReady("; ".join(check.refusals))


class NotReady(LulcError):
    """A project lacks something without which its run would fail."""
