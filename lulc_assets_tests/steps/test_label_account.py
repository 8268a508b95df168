"""The label page says what becomes of labelled pixels: as planned, then in the chips."""

from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.pages import make_report_pages
from lulc_assets_tests.tiny_project import KEY, make_tiny_project, open_work

PLANNED = "As planned: clouds and missing pixels will take some"


def test_the_label_page_counts_pixels_as_planned_and_then_of_the_chips(tmp_path):
    work = open_work(make_tiny_project(tmp_path / "project"))
    labels = make_reference_labels(work, KEY)
    make_scene_catalog(work, KEY)
    make_label_quality(work, KEY)

    def page():
        make_report_pages(work, tmp_path / "pages", [KEY], [])
        return (tmp_path / "pages" / "labels_33TVM_2022.html").read_text()

    assert PLANNED in page()
    chips = make_training_chips(work, KEY)
    html = page()
    assert PLANNED not in html and "scene classification made clouds or snow" in html
    account = chips.properties.account
    rows = [account.of(name, "train") for name in account.classes]
    assert {r.class_name: r.labelled for r in rows if r.labelled} == labels.properties.train.pixels
    for row in rows:
        assert f"{row.reached['train']:,}" in html
