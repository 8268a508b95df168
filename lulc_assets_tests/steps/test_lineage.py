"""The whole lineage on a tiny archive whose truth folder is gone."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pystac
import pytest

from lulc_assets.core.errors import (
    AllScenesFailed,
    BundleError,
    NoScenes,
    ProductCorrupt,
    ProductNotFound,
)
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.metrics.tables import read_metrics
from lulc_assets.core.store.keys import RegionYear, SceneOfYear, TileYear, Whole
from lulc_assets.core.store.local import LocalStore
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.metrics import make_metric_tables
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.predicted_scenes import Outcome, plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    LULC_MODEL,
    MODEL_BUNDLE,
    MODEL_EVALUATION,
    PREDICTED_SCENE,
    REFERENCE_LABELS,
    REFERENCE_SAMPLE,
    SCENE_CATALOG,
    SCENE_PREDICTIONS,
    TRAINING_CHIPS,
)
from lulc_assets.steps.properties import MapProperties, PredictedSceneProperties
from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.report import make_accuracy_area_report, read_report
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Made
from lulc_assets_tests.tiny_project import (
    KEY,
    REGION,
    REGION_KEY,
    TILE,
    YEAR,
    map_tiny_year,
    open_work,
    predict_year,
    train_tiny_model,
)


def test_a_map_covers_the_area_with_classes_of_the_legend(finished_work):
    record = finished_work.read(ANNUAL_MAP, KEY)
    classes = read_raster(finished_work.open(record, "class.tif"))
    assert classes.shape == finished_work.grid(TILE).shape
    assert (classes > 0).mean() > 0.8
    assert set(np.unique(classes)) <= set(range(10))


def test_a_map_is_a_stac_item_whose_assets_are_the_stored_files(finished_work):
    record = finished_work.read(ANNUAL_MAP, KEY)
    item_path = finished_work.open(record, "item.json")
    item = pystac.Item.from_file(str(item_path))
    assert set(item.assets) == {"class", "vote_share", "observations"}
    for name, asset in item.assets.items():
        file = item_path.parent / asset.href
        assert file.is_file()
        sha256 = record.files[f"{name}.tif"].sha256
        assert asset.extra_fields["file:checksum"] == f"1220{sha256}"


def test_every_product_has_a_picture(finished_work):
    products = [
        (REFERENCE_LABELS, KEY), (SCENE_CATALOG, KEY), (TRAINING_CHIPS, KEY), (LULC_MODEL, Whole()),
        (MODEL_EVALUATION, Whole()), (SCENE_PREDICTIONS, KEY), (ANNUAL_MAP, KEY),
        (REFERENCE_SAMPLE, REGION_KEY), (ACCURACY_AREA_REPORT, KEY),
    ]  # fmt: skip
    for product, key in products:
        record = finished_work.read(product, key)
        assert any(name.endswith(".png") for name in record.files), product.asset


def test_the_report_states_areas_that_sum_to_the_owned_area(finished_work):
    record = finished_work.read(ACCURACY_AREA_REPORT, KEY)
    report = read_report(finished_work, record)
    assert report.n_units + report.n_unusable == 300
    mapped = sum(c.mapped_area_ha for c in report.classes) + report.no_data_area_ha
    assert mapped == pytest.approx(report.total_area_ha)
    rows = read_metrics([finished_work.open(record, "metrics.parquet")])
    assert set(rows["map_digest"]) == {finished_work.read(ANNUAL_MAP, KEY).digest}


def test_a_page_opens_without_network(copied):
    work = open_work(copied)
    make_report_pages(work, copied.parent / "pages", [KEY], [])
    page = (copied.parent / "pages" / "33TVM_2022.html").read_text()
    assert "default-src 'none'" in page
    assert 'src="http' not in page


def test_a_changed_title_renders_pages_again_and_estimates_nothing(copied):
    work, folder = open_work(copied), copied.parent / "pages"
    report = work.read(ACCURACY_AREA_REPORT, KEY)
    make_report_pages(work, folder, [KEY], [])
    before = (folder / "33TVM_2022.html").stat().st_mtime_ns
    make_report_pages(work, folder, [KEY], [])
    assert (folder / "33TVM_2022.html").stat().st_mtime_ns == before
    copied.write_text(copied.read_text().replace("simulated area 1", "the upper valley"))
    work = open_work(copied)
    assert make_accuracy_area_report(work, KEY) == report
    make_report_pages(work, folder, [KEY], [])
    assert "the upper valley" in (folder / "33TVM_2022.html").read_text()


def test_making_again_makes_nothing(copied, monkeypatch):
    work = open_work(copied)
    before = sorted(path for path in copied.parent.rglob("*") if path.is_file())

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("lulc_assets.core.training.train.train_model", refuse)
    train_tiny_model(work)
    map_tiny_year(work)
    assert sorted(path for path in copied.parent.rglob("*") if path.is_file()) == before


def test_a_damaged_map_is_noticed_when_read_and_made_again_with_the_same_bytes(copied):
    work = open_work(copied)
    record = work.read(ANNUAL_MAP, KEY)
    path = work.open(record, "class.tif")
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ProductCorrupt, match=r"class.*tif does not match"):
        work.open(record, "class.tif")
    assert make_annual_map(work, KEY) == record
    work.open(record, "class.tif")


def test_a_finished_year_opens_no_file_of_what_it_makes(finished_work, monkeypatch):
    work, fetched = finished_work, []
    fetch = LocalStore.fetch

    def count(self, key, sha256):
        fetched.append(key.partition("/")[0])
        return fetch(self, key, sha256)

    def refuse(self, key, path):
        raise AssertionError(f"{key} is stored again")

    monkeypatch.setattr(LocalStore, "fetch", count)
    monkeypatch.setattr(LocalStore, "put_file", refuse)
    inputs = {"model_bundle", "scene_catalog"}  # of the batches: recipes and the model's identity
    for make, made, opened in (
        (lambda: make_scene_catalog(work, KEY), SCENE_CATALOG, set()),
        (lambda: predict_year(work), SCENE_PREDICTIONS, inputs),
        (lambda: make_annual_map(work, KEY), ANNUAL_MAP, set()),
        (lambda: make_accuracy_area_report(work, KEY), ACCURACY_AREA_REPORT, set()),
    ):
        stands = work.read(made, KEY)
        fetched.clear()
        make()
        assert set(fetched) <= opened, made.asset
        assert work.read(made, KEY) == stands


def test_a_refused_candidate_changes_no_prediction(copied):
    work = open_work(copied)
    bundle, predictions = work.read(MODEL_BUNDLE, Whole()), work.read(SCENE_PREDICTIONS, KEY)
    strict = copied.read_text().replace("min_overall = 0.02", "min_overall = 0.99")
    copied.write_text(strict.replace("[recipe]", "[recipe]\nseed = 7"))
    work = open_work(copied)
    assert make_lulc_model(work).digest != bundle.properties.candidate
    assert not make_model_evaluation(work).properties.promote
    assert make_model_bundle(work) is None
    predict_year(work)
    assert work.read(MODEL_BUNDLE, Whole()) == bundle
    assert work.read(SCENE_PREDICTIONS, KEY) == predictions


def test_without_any_promoted_model_nothing_is_predicted(copied):
    work = open_work(copied)
    for path in (copied.parent / "store" / "model_bundle").iterdir():
        path.unlink()
    with pytest.raises(ProductNotFound, match="model_bundle"):
        plan_batches(work, KEY)


def test_scenes_that_are_predicted_already_share_one_batch(copied):
    work = open_work(copied)
    whole = {scene.scene_id for scene in work.read(SCENE_PREDICTIONS, KEY).properties.scenes}
    (known,) = plan_batches(work, KEY)
    assert set(known.scenes) == whole and len(whole) > work.project.batch_scenes
    (gone, *_) = sorted(whole)
    shutil.rmtree(copied.parent / "store" / "predicted_scene" / KEY.tile / str(KEY.year) / gone)
    (batch,) = plan_batches(work, KEY)
    assert batch.scenes[-1] == gone and set(batch.scenes) == whole
    shutil.rmtree(copied.parent / "store" / "predicted_scene")
    first, *_ = plan_batches(work, KEY)
    assert len(first.scenes) == work.project.batch_scenes


def test_a_map_is_of_the_model_that_its_run_planned_with(copied):
    work = open_work(copied)
    planned = work.read(MODEL_BUNDLE, Whole())
    shutil.rmtree(copied.parent / "store" / "predicted_scene")
    first, *others = plan_batches(work, KEY)
    results = [predict_batch(work, first)]
    copied.write_text(
        copied.read_text()
        .replace("[recipe]", "[recipe]\nseed = 7")
        .replace("0.02", "0.02\nmargin = 1.0")
    )
    work = open_work(copied)
    train_tiny_model(work)
    assert work.read(MODEL_BUNDLE, Whole()) != planned
    results += [predict_batch(work, batch) for batch in others]
    manifest = commit_predictions(work, KEY, results)
    assert manifest.properties.bundle == planned.digest
    for row in manifest.properties.scenes:
        predicted = work.kept(PREDICTED_SCENE, row.record)
        assert predicted.inputs == {"model_bundle": planned.digest}


def test_a_prediction_of_another_model_is_not_taken_into_a_map(copied):
    work = open_work(copied)
    results = [predict_batch(work, batch) for batch in plan_batches(work, KEY)]
    other = work.read(MODEL_EVALUATION, Whole())
    step = work.step(PREDICTED_SCENE, SceneOfYear(TILE, YEAR, "foreign"))
    foreign = step.make(other.digest, lambda _: Made({}, PredictedSceneProperties("", "", {})))
    outcomes = (Outcome("foreign", foreign.digest, ""), *results[0].outcomes)
    with pytest.raises(BundleError, match="another model"):
        commit_predictions(work, KEY, [replace(results[0], outcomes=outcomes)])


def test_an_evaluation_of_another_candidate_promotes_nothing(copied):
    copied.write_text(copied.read_text().replace("[recipe]", "[recipe]\nseed = 8"))
    work = open_work(copied)
    make_lulc_model(work)
    with pytest.raises(BundleError, match="judges another candidate"):
        make_model_bundle(work)


def test_a_scene_with_a_truncated_band_is_left_out_and_named(copied):
    work = open_work(copied)
    selected = read_selection(work, work.read(SCENE_CATALOG, KEY))[0]
    damaged = Path(selected.bands["red"].href)
    damaged.write_bytes(damaged.read_bytes()[:2000])
    scene = selected.id
    shutil.rmtree(copied.parent / "store" / "predicted_scene")
    predict_year(work)
    manifest = work.read(SCENE_PREDICTIONS, KEY)
    assert list(manifest.properties.failed) == [scene]
    assert "B04" in manifest.properties.failed[scene]
    record = make_annual_map(work, KEY)
    assert scene not in record.properties.scenes
    assert len(record.properties.scenes) == len(manifest.properties.scenes) > 0
    make_accuracy_area_report(work, KEY)
    make_report_pages(work, copied.parent / "pages", [KEY], [])
    page = (copied.parent / "pages" / "33TVM_2022.html").read_text()
    assert "could not be read" in page and scene in page


def test_a_year_in_which_every_scene_fails_is_an_error_and_the_old_map_stays(copied):
    work = open_work(copied)
    old = work.read(ANNUAL_MAP, KEY)
    for band in (copied.parent / "archive" / "catalog").rglob("B12.tif"):
        band.write_bytes(b"no tiff")
    shutil.rmtree(copied.parent / "store" / "predicted_scene")
    with pytest.raises(AllScenesFailed, match="33TVM 2022"):
        predict_year(work)
    assert work.read(ANNUAL_MAP, KEY) == old


def test_a_cloudy_year_yields_no_data_not_bare_ground(copied):
    copied.write_text(copied.read_text() + "\n[selection]\nmin_clear_share = 1.0\n")
    work = open_work(copied)
    assert make_scene_catalog(work, KEY).properties.selected == 0
    predict_year(work)
    record = make_annual_map(work, KEY)
    assert record.properties.no_data_pct == 100
    assert record.properties.class_pixels["bare_ground"] == 0
    report = read_report(work, make_accuracy_area_report(work, KEY))
    assert report.overall is None
    assert report.no_data_area_ha == pytest.approx(report.total_area_ha)


def test_a_tile_without_any_scene_is_an_error_that_names_it(finished_work):
    with pytest.raises(NoScenes, match="33TVM in 2019"):
        make_scene_catalog(finished_work, TileYear(TILE, 2019))


def test_a_project_can_be_moved(copied, finished):
    moved, original = open_work(copied), open_work(finished)
    recipe = read_selection(moved, moved.read(SCENE_CATALOG, KEY))[0]
    assert recipe.bands["red"].href.startswith(str(copied.parent))
    other = read_selection(original, original.read(SCENE_CATALOG, KEY))[0]
    assert other.identity() == recipe.identity()


def test_an_interrupted_step_leaves_the_old_product(copied):
    work = open_work(copied)
    old = work.read(ANNUAL_MAP, KEY)

    def build(scratch: Path) -> Made[MapProperties]:
        (scratch / "class.tif").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work.step(ANNUAL_MAP, KEY).make("other", build)
    assert work.read(ANNUAL_MAP, KEY) == old


def test_of_two_runs_at_once_one_commits_and_the_other_reports_what_it_committed(copied):
    warnings: list[str] = []
    work = replace(open_work(copied), warn=warnings.append)
    properties = work.read(ANNUAL_MAP, KEY).properties

    def build(scratch: Path) -> Made[MapProperties]:
        (scratch / "note.txt").write_text("outer")
        work.step(ANNUAL_MAP, KEY).make("inner", inner)
        return Made({"note.txt": scratch / "note.txt"}, properties)

    def inner(scratch: Path) -> Made[MapProperties]:
        (scratch / "note.txt").write_text("inner")
        return Made({"note.txt": scratch / "note.txt"}, properties)

    stands = work.step(ANNUAL_MAP, KEY).make("outer", build)
    assert work.read(ANNUAL_MAP, KEY) == stands
    assert stands.basis.settings == "inner"
    assert "another run committed" in warnings[0]


def test_labels_that_change_make_new_products(copied):
    old = open_work(copied).read(REFERENCE_LABELS, KEY)
    text = copied.read_text()
    copied.write_text(text.replace('role_column = "role"', 'role_column = "role"\nborder_px = 2'))
    assert make_reference_labels(open_work(copied), KEY).digest != old.digest


def test_region_metrics_and_pages_come_from_committed_reports(copied):
    work = open_work(copied)
    region = make_region_report(work, REGION_KEY)
    tile_report = read_report(work, work.read(ACCURACY_AREA_REPORT, KEY))
    region_report = read_report(work, region)
    assert region_report.total_area_ha == pytest.approx(tile_report.total_area_ha)
    tables = make_metric_tables(work, [KEY, TileYear(TILE, 2020)], [REGION_KEY])
    assert len(tables.properties.reports) == 2
    scenes = pd.read_parquet(work.open(tables, "scenes.parquet"))
    made = pd.read_parquet(work.open(tables, "maps.parquet"))
    assert list(zip(made["tile"], made["scenes"], strict=True)) == [(TILE, scenes["in_map"].sum())]
    folder = copied.parent / "pages"
    pages = make_report_pages(work, folder, [KEY], [REGION_KEY])
    index = (folder / "index.html").read_text()
    assert {row.file for row in pages.properties.pages} > {"index.html", "33TVM_2022.html"}
    for name in ("33TVM_2022.html", "region_tiny_2022.html"):
        assert name in index
        assert 'href="index.html"' in (folder / name).read_text()


def test_a_tile_that_the_project_lost_is_passed_over_by_metrics_and_pages(copied):
    # Before, a KeyError with the key of the tile ended the job for good.
    work = open_work(copied)
    make_region_report(work, REGION_KEY)
    copied.write_text(copied.read_text().replace(TILE, "33TWM"))
    work, folder = open_work(copied), copied.parent / "pages"
    assert TILE not in work.project.tiles
    tables = make_metric_tables(work, [KEY], [REGION_KEY])
    assert not any(TILE in report for report in tables.properties.reports)
    make_report_pages(work, folder, [KEY], [REGION_KEY])
    assert not (folder / "33TVM_2022.html").exists()
    assert "33TVM" not in (folder / "index.html").read_text()


def test_a_region_with_a_missing_report_is_an_error(finished_work):
    with pytest.raises(ProductNotFound, match="annual_map/33TVM/2020"):
        make_region_report(finished_work, RegionYear(REGION, 2020))


def test_records_hold_no_path_of_this_machine(finished):
    for path in (finished.parent / "store").rglob("record.json"):
        text = path.read_text()
        assert str(finished.parent) not in text, path
        json.loads(text)
