"""One page of each kind that a project shows, in one folder per kind.

What belongs here: making them. What does not: looking at them (``test_every_page``).
"""

import numpy as np
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.figures.accuracy import confusion_figure
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.pages.content import PageFigure
from lulc_assets.core.pages.patch_page import PatchPage, PatchRow
from lulc_assets.core.pages.rendering import render_patch_page
from lulc_assets.core.sampling.sample import write_sample
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.regions import make_region_report
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, with_errors
from lulc_assets_tests.steps.test_zones import NASTY, REGION, SECTIONS, write_districts
from lulc_assets_tests.steps.two_years import KEY as CHANGED
from lulc_assets_tests.steps.two_years import two_years
from lulc_assets_tests.tiny_project import KEY, REGION_KEY


def pages_of_maps(work, folder):
    """Index, tile, region, operations, labels."""
    make_label_quality(work, KEY)
    make_report_pages(work, folder, [KEY], [REGION_KEY])
    return folder


def pages_of_change(folder):
    """A region with districts of odd names; change and alerts of its tile."""
    work = two_years(folder / "project", SECTIONS)
    write_districts(work, ["West", NASTY])
    make_region_report(work, REGION)
    make_change_map(work, CHANGED)
    make_change_alerts(work, CHANGED)
    make_report_pages(work, folder / "pages", [CHANGED], [REGION])
    return folder / "pages"


def page_of_certificate(folder):
    """As ``lulc accuracy certify`` writes it."""
    _, truth, grid = patchy_map(folder / "truth.tif", size=60, holes=False)
    write_map(folder / "map.tif", with_errors(truth, 0.2, [1, 2, 5, 7]), grid)
    write_sample(folder / "sample.parquet", random_sample(grid, truth, 150))
    given = ["--map", folder / "map.tif", "--sample", folder / "sample.parquet"]
    named = ["--labelled-by", NASTY, "--out", folder / "certificate.json"]
    done = CliRunner().invoke(app, ["accuracy", "certify", *map(str, [*given, *named])])
    assert done.exit_code == 0, done.output
    return folder


def page_of_patches(folder):
    """As the asset and the command render it, with figures that are drawn."""
    land = KARRA_10.land
    matrix = np.diag([40] * len(land)) + np.random.default_rng(1).integers(0, 5, (len(land),) * 2)
    figure = PageFigure("Confusion", confusion_figure(matrix, KARRA_10), "Trees and scrub.")
    rows = [PatchRow(c.title, c.color, ("40", "91.0 %", "88.5 %", "0.90")) for c in land]
    page = PatchPage(
        title=f"Patches of {NASTY}",
        value="90.1 %",
        label="of test patches are classified as they are labelled",
        detail="Interval of 95 %: 86.4 to 92.9 %. Nothing follows for the area of a class.",
        warnings=("Snow has 12 test patches: too few to say much.",),
        figures=[figure],
        columns=("Patches", "User's accuracy", "Producer's accuracy", "F1"),
        rows=rows,
        note="Of patches that training did not see.",
        provenance={"Model": "0123456789abcdef" * 4, "Patches": "EuroSAT/" + "long-name-" * 9},
    )
    (folder / "patches.html").write_text(render_patch_page(page), encoding="utf-8")
    return folder
