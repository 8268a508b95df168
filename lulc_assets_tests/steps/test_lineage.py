"""The whole lineage on a tiny archive whose truth folder is gone."""

import json
from pathlib import Path

import numpy as np
import pystac
import pytest

from lulc_assets.core.errors import (
    AllScenesFailed,
    BundleError,
    CommitConflict,
    NoScenes,
    ProductNotFound,
)
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.metrics.tables import read_metrics
from lulc_assets.steps import model as model_steps
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.making import Made
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.model_evaluation import make_model_evaluation
from lulc_assets.steps.page_set import write_page_set
from lulc_assets.steps.predictions import plan_batches, predict_batch
from lulc_assets.steps.regions import make_metric_tables, make_region_report
from lulc_assets.steps.report import make_accuracy_area_report, read_report
from lulc_assets_tests.tiny_project import (
    REGION,
    TILE,
    YEAR,
    map_tiny_year,
    open_place,
    predict_year,
    train_tiny_model,
)

KEY = (TILE, YEAR)


def test_a_map_covers_the_area_with_classes_of_the_legend(finished_place):
    record = finished_place.record("annual_map", *KEY)
    classes = read_raster(finished_place.open(record, "class.tif"))
    assert classes.shape == finished_place.grid(TILE).shape
    assert (classes > 0).mean() > 0.8
    assert set(np.unique(classes)) <= set(range(10))


def test_a_map_is_a_stac_item_whose_assets_are_the_stored_files(finished_place):
    record = finished_place.record("annual_map", *KEY)
    item_path = finished_place.open(record, "item.json")
    item = pystac.Item.from_file(str(item_path))
    assert set(item.assets) == {"class", "vote_share", "observations"}
    for name, asset in item.assets.items():
        file = item_path.parent / asset.href
        assert file.is_file()
        sha256 = record.files[f"{name}.tif"].sha256
        assert asset.extra_fields["file:checksum"] == f"1220{sha256}"


def test_every_product_has_a_picture(finished_place):
    products = [
        ("reference_labels", *KEY), ("scene_catalog", *KEY), ("training_chips", *KEY),
        ("lulc_model",), ("model_evaluation",), ("scene_predictions", *KEY),
        ("annual_map", *KEY), ("reference_sample", REGION, YEAR), ("accuracy_area_report", *KEY),
    ]  # fmt: skip
    for product in products:
        record = finished_place.record(str(product[0]), *product[1:])
        assert any(name.endswith(".png") for name in record.files), product


def test_the_report_states_areas_that_sum_to_the_owned_area(finished_place):
    record = finished_place.record("accuracy_area_report", *KEY)
    report = read_report(finished_place, record)
    assert report.n_units + report.n_unusable == 300
    mapped = sum(c.mapped_area_ha for c in report.classes) + report.no_data_area_ha
    assert mapped == pytest.approx(report.total_area_ha)
    rows = read_metrics(finished_place.open(record, "metrics.parquet"))
    assert set(rows["map_digest"]) == {finished_place.record("annual_map", *KEY).digest}


def test_a_page_opens_without_network(finished_place):
    record = finished_place.record("accuracy_area_report", *KEY)
    page = finished_place.open(record, "page.html").read_text()
    assert "default-src 'none'" in page
    assert 'src="http' not in page


def test_making_again_makes_nothing(copied, monkeypatch):
    place = open_place(copied)
    before = sorted(path for path in copied.parent.rglob("*") if path.is_file())

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("lulc_assets.core.training.train.train_model", refuse)
    train_tiny_model(place)
    map_tiny_year(place)
    assert sorted(path for path in copied.parent.rglob("*") if path.is_file()) == before


def test_a_damaged_map_is_made_again_with_the_same_bytes(copied):
    place = open_place(copied)
    record = place.record("annual_map", *KEY)
    path = place.open(record, "class.tif")
    path.write_bytes(b"damaged")
    assert make_annual_map(place, *KEY) == record
    assert place.open(record, "class.tif").stat().st_size > len(b"damaged")


def test_a_refused_candidate_changes_no_prediction(copied):
    place = open_place(copied)
    bundle, predictions = place.record("model_bundle"), place.record("scene_predictions", *KEY)
    strict = copied.read_text().replace("min_overall = 0.02", "min_overall = 0.99")
    copied.write_text(strict.replace("[recipe]", "[recipe]\nseed = 7"))
    place = open_place(copied)
    assert model_steps.make_lulc_model(place).digest != bundle.properties["candidate"]
    assert not make_model_evaluation(place).properties["promote"]
    assert model_steps.make_model_bundle(place) is None
    predict_year(place)
    assert place.record("model_bundle") == bundle
    assert place.record("scene_predictions", *KEY) == predictions


def test_without_any_promoted_model_nothing_is_predicted(copied):
    place = open_place(copied)
    for path in (copied.parent / "store" / "model_bundle").iterdir():
        path.unlink()
    with pytest.raises(ProductNotFound, match="model_bundle"):
        plan_batches(place, *KEY)


def test_a_run_planned_with_an_old_bundle_does_not_predict_with_a_new_one(copied):
    place = open_place(copied)
    batch = plan_batches(place, *KEY)[0]
    stale = type(batch).from_dict({**batch.to_dict(), "bundle": "0" * 64})
    with pytest.raises(BundleError, match="another model was promoted"):
        predict_batch(place, stale)


def test_an_evaluation_of_another_candidate_promotes_nothing(copied):
    copied.write_text(copied.read_text().replace("[recipe]", "[recipe]\nseed = 8"))
    place = open_place(copied)
    model_steps.make_lulc_model(place)
    with pytest.raises(BundleError, match="judges another candidate"):
        model_steps.make_model_bundle(place)


def test_a_scene_with_a_truncated_band_is_left_out_and_named(copied):
    place = open_place(copied)
    selected = read_selection(place, place.record("scene_catalog", *KEY))[0]
    damaged = Path(selected.bands["red"].href)
    damaged.write_bytes(damaged.read_bytes()[:2000])
    scene = selected.id
    for path in (copied.parent / "store" / "scene_predictions").rglob("record.json"):
        path.unlink()
    predict_year(place)
    manifest = place.record("scene_predictions", *KEY)
    assert list(manifest.properties["failed"]) == [scene]
    assert "B04" in manifest.properties["failed"][scene]
    record = make_annual_map(place, *KEY)
    assert scene not in record.properties["scenes"]
    assert len(record.properties["scenes"]) == manifest.properties["scenes"] > 0
    page_record = make_accuracy_area_report(place, *KEY)
    page = place.open(page_record, "page.html").read_text()
    assert "could not be read" in page and scene in page


def test_a_year_in_which_every_scene_fails_is_an_error_and_the_old_map_stays(copied):
    place = open_place(copied)
    old = place.record("annual_map", *KEY)
    for band in (copied.parent / "archive" / "catalog").rglob("B12.tif"):
        band.write_bytes(b"no tiff")
    for path in (copied.parent / "store" / "scene_predictions").glob("*/*/*/record.json"):
        path.unlink()
    with pytest.raises(AllScenesFailed, match="33TVM 2022"):
        predict_year(place)
    assert place.record("annual_map", *KEY) == old


def test_a_cloudy_year_yields_no_data_not_bare_ground(copied):
    copied.write_text(copied.read_text() + "\n[selection]\nmin_clear_share = 1.0\n")
    place = open_place(copied)
    assert make_scene_catalog(place, *KEY).properties["selected"] == 0
    predict_year(place)
    record = make_annual_map(place, *KEY)
    assert record.properties["no_data_pct"] == 100
    assert record.properties["class_pixels"]["bare_ground"] == 0
    report = read_report(place, make_accuracy_area_report(place, *KEY))
    assert report.overall is None
    assert report.no_data_area_ha == pytest.approx(report.total_area_ha)


def test_a_tile_without_any_scene_is_an_error_that_names_it(finished_place):
    with pytest.raises(NoScenes, match="33TVM in 2019"):
        make_scene_catalog(finished_place, TILE, 2019)


def test_a_project_can_be_moved(copied, finished):
    moved, original = open_place(copied), open_place(finished)
    recipe = read_selection(moved, moved.record("scene_catalog", *KEY))[0]
    assert recipe.bands["red"].href.startswith(str(copied.parent))
    other = read_selection(original, original.record("scene_catalog", *KEY))[0]
    assert other.identity() == recipe.identity()


def test_an_interrupted_step_leaves_the_old_product(copied):
    place = open_place(copied)
    old = place.record("annual_map", *KEY)

    def build(scratch: Path) -> Made:
        (scratch / "class.tif").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.make(("annual_map", *KEY), {"other": 1}, build)
    assert place.record("annual_map", *KEY) == old


def test_of_two_runs_at_once_one_commits_and_the_other_says_so(copied):
    place = open_place(copied)

    def build(scratch: Path) -> Made:
        (scratch / "note.txt").write_text("outer")
        place.make(("annual_map", *KEY), {"run": "inner"}, inner)
        return Made({"note.txt": scratch / "note.txt"})

    def inner(scratch: Path) -> Made:
        (scratch / "note.txt").write_text("inner")
        return Made({"note.txt": scratch / "note.txt"})

    with pytest.raises(CommitConflict):
        place.make(("annual_map", *KEY), {"run": "outer"}, build)
    assert place.record("annual_map", *KEY).identity["run"] == "inner"


def test_labels_that_change_make_new_products(copied):
    old = open_place(copied).record("reference_labels", *KEY)
    text = copied.read_text()
    copied.write_text(text.replace('role_column = "role"', 'role_column = "role"\nborder_px = 2'))
    assert make_reference_labels(open_place(copied), *KEY).digest != old.digest


def test_region_metrics_and_pages_come_from_committed_reports(copied):
    place = open_place(copied)
    region = make_region_report(place, REGION, YEAR)
    tile_report = read_report(place, place.record("accuracy_area_report", *KEY))
    region_report = read_report(place, region)
    assert region_report.total_area_ha == pytest.approx(tile_report.total_area_ha)
    tables = make_metric_tables(place, [KEY, (TILE, 2020)], [(REGION, YEAR)])
    assert len(tables.properties["reports"]) == 2
    index = write_page_set(place, copied.parent / "pages", [KEY], [(REGION, YEAR)])
    for name in ("33TVM_2022.html", "region_tiny_2022.html"):
        assert name in index.read_text()
        assert 'href="index.html"' in (index.parent / name).read_text()


def test_a_region_with_a_missing_report_is_an_error(finished_place):
    with pytest.raises(ProductNotFound, match="annual_map/33TVM/2020"):
        make_region_report(finished_place, REGION, 2020)


def test_records_hold_no_path_of_this_machine(finished):
    for path in (finished.parent / "store").rglob("record.json"):
        text = path.read_text()
        assert str(finished.parent) not in text, path
        json.loads(text)
