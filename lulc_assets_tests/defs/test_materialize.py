"""Jobs as the demo, the UI, schedules and sensors run them."""

from pathlib import Path

import dagster as dg
import duckdb

from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.local import LocalStore
from lulc_assets.definitions import defs
from lulc_assets.defs.durations import duration_rows
from lulc_assets.steps.products import ANNUAL_MAP, MODEL_BUNDLE, PRODUCTS
from lulc_assets.steps.workbench import Made
from lulc_assets_tests.tiny_project import KEY as TILE_YEAR
from lulc_assets_tests.tiny_project import REGION, TILE, YEAR, open_work

KEY = f"{TILE}|{YEAR}"
products = {product.asset: product for product in PRODUCTS}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run(instance, job, key=None, *, ok=True):
    result = (
        defs()
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance, partition_key=key, run_config=QUIET, raise_on_error=False
        )
    )
    failed = [str(e.step_failure_data.error.cause) for e in result.all_events if e.is_step_failure]
    assert result.success == ok, failed
    return result


def materialized(result):
    return {
        event.asset_key.to_user_string(): event.materialization
        for event in result.all_events
        if event.is_step_materialization
    }


def test_the_jobs_lead_from_labels_to_the_database(project_file, instance):
    run(instance, "reference", f"{REGION}|{YEAR}")
    made = materialized(run(instance, "map_tile_year", KEY))
    assert set(made) == {"scene_catalog", "scene_predictions", "annual_map", "accuracy_area_report"}
    work = open_work(project_file)
    for name, event in made.items():
        record = work.read(products[name], TILE_YEAR)
        assert event.tags["dagster/data_version"] == record.digest
        pictures = [
            value.md_str
            for value in event.metadata.values()
            if isinstance(value, dg.MarkdownMetadataValue)
        ]
        assert pictures, name
        assert all("data:image/webp;base64," in text for text in pictures)
    run(instance, "region", f"{REGION}|{YEAR}")
    run(instance, "metrics")
    with duckdb.connect(str(project_file.parent / "metrics.duckdb"), read_only=True) as database:
        rows = database.sql("select tile, year from accuracy_by_tile").fetchall()
        took = "select asset, seconds > 0, run_id from durations where key = ? and year = ?"
        durations = database.execute(took, [TILE, YEAR]).fetchall()
        trained = database.sql("select training, verdict, in_use from training_runs").fetchall()
    assert rows == [(TILE, YEAR)]
    # The catalogue was made before any run of this instance.
    assert {row[0] for row in durations} == set(made) - {"scene_catalog"}
    assert all(longer for _, longer, _ in durations)
    assert trained == [(1, "promoted", True)]
    index = (project_file.parent / "index.html").read_text()
    assert f"{TILE}_{YEAR}.html" in index
    assert not list(project_file.parent.glob(".metrics*"))


def test_a_run_that_finds_its_product_there_adds_no_duration(project_file, instance):
    run(instance, "reference", f"{REGION}|{YEAR}")
    for _ in range(2):
        run(instance, "map_tile_year", KEY)
    (row,) = duration_rows(instance, ANNUAL_MAP)
    assert (row["key"], row["year"], row["currency"]) == (TILE, YEAR, "")
    (event,) = instance.fetch_materializations(dg.AssetKey("annual_map"), limit=1).records
    assert row["digest"] == event.asset_materialization.tags["dagster/data_version"]


def test_training_again_changes_nothing_and_says_the_same(project_file, instance):
    work = open_work(project_file)
    bundle = work.read(MODEL_BUNDLE, Whole())
    made = materialized(run(instance, "train"))
    assert set(made) == {"lulc_model", "model_evaluation", "model_bundle"}
    assert made["model_bundle"].tags["dagster/data_version"] == bundle.digest


def test_a_refused_candidate_emits_no_bundle_and_the_run_succeeds(project_file, instance):
    text = project_file.read_text().replace("min_overall = 0.02", "min_overall = 0.99")
    project_file.write_text(text)
    assert set(materialized(run(instance, "train"))) == {"lulc_model", "model_evaluation"}


def test_checks_report_on_the_map(project_file, instance):
    result = run(instance, "map_tile_year", KEY)
    found = {e.check_name for e in result.get_asset_check_evaluations()}
    assert found == {
        "has_scenes", "catalogue_is_whole", "predicted_every_scene", "is_well_observed",
        "uses_every_selected_scene", "can_state_accuracy",
    }  # fmt: skip


def test_a_year_with_no_scene_fails_with_its_named_error(project_file, instance):
    project_file.write_text("watch_years = [2019]\n" + project_file.read_text())
    result = run(instance, "map_tile_year", f"{TILE}|2019", ok=False)
    failures = [e for e in result.all_events if e.is_step_failure]
    described = failures[0].step_failure_data.user_failure_data.description
    assert described.startswith("NoScenes:")
    assert "2019" in described
    assert not materialized(result)


def test_a_tile_that_is_no_mgrs_key_is_refused_by_the_asset(project_file, instance):
    instance.add_dynamic_partitions("tile", ["../../etc"])
    result = run(instance, "map_tile_year", f"../../etc|{YEAR}", ok=False)
    assert not materialized(result)


def test_figures_of_events_are_numbers_that_can_be_plotted(project_file, instance):
    text = project_file.read_text() + '\n[prices]\ncurrency = "EUR"\ncore_hour = 3.6\n'
    project_file.write_text(text)
    run(instance, "reference", f"{REGION}|{YEAR}")
    made = materialized(run(instance, "map_tile_year", KEY))
    for name, event in made.items():
        is_new = name != "scene_catalog"  # which the training made
        assert ("seconds" in event.metadata) == is_new, name
        if is_new:
            assert event.metadata["seconds"].value > 0, name
            assert isinstance(event.metadata["cost_EUR"], dg.FloatMetadataValue), name
    report, mapped = made["accuracy_area_report"].metadata, made["annual_map"].metadata
    assert isinstance(report["overall_accuracy"], dg.FloatMetadataValue)
    assert isinstance(report["mapped_ha_trees"], dg.FloatMetadataValue)
    assert isinstance(mapped["observations_median"], dg.FloatMetadataValue)
    for name in ("cog_class", "cog_observations", "stac_item"):
        assert Path(mapped[name].path).is_file(), name
    for name, event in made.items():
        assert len(event.metadata["preview"].md_str) < 1000, name  # else it takes a click
    assert report["page"].path.endswith(f"{TILE}_{YEAR}.html")
    columns = {c.name for c in report["dagster/column_schema"].schema.columns}
    assert {"metric", "estimate"} <= columns
    assert made["scene_catalog"].metadata["dagster/row_count"].value == 6


def test_a_run_that_makes_nothing_says_so(project_file, instance):
    from lulc_assets.defs.resources import progress_heard_by

    said = []
    with progress_heard_by(lambda _done, _total, what: said.append(what)):
        run(instance, "map_tile_year", KEY)
        assert any(what.startswith("predicted ") for what in said)
        said.clear()
        again = run(instance, "map_tile_year", KEY)
    assert [what for what in said if what.startswith("S2")]
    assert all(w.endswith(": there already") for w in said if w.startswith("S2"))
    assert not [what for what in said if what.startswith("predicted ")]
    logged = [e.user_message for e in instance.all_logs(again.run_id) if "there already" in
              e.user_message]  # fmt: skip
    assert len(logged) == 4


def test_a_partition_narnia_fails_and_is_named(project_file, instance):
    instance.add_dynamic_partitions("tile", ["narnia"])
    result = run(instance, "map_tile_year", f"narnia|{YEAR}", ok=False)
    failures = [e for e in result.all_events if e.is_step_failure]
    described = failures[0].step_failure_data.user_failure_data.description
    assert described.startswith("InvalidTileKey:") and "narnia" in described
    assert not materialized(result)


def test_a_year_that_left_the_project_while_its_run_waited_is_named(project_file, instance):
    job = defs().resolve_job_def("map_tile_year")
    text = project_file.read_text()
    project_file.write_text(text.replace(f"years = [{YEAR}]", f"years = [{YEAR - 1}]"))
    done = job.execute_in_process(
        instance=instance, partition_key=KEY, run_config=QUIET, raise_on_error=False
    )
    failures = [e for e in done.all_events if e.is_step_failure]
    described = failures[0].step_failure_data.user_failure_data.description
    assert f"{YEAR} is not a year of the project ({YEAR - 1})" in described
    assert not materialized(done)


def test_a_run_that_makes_nothing_says_what_it_said_before(project_file, instance, monkeypatch):
    run(instance, "map_tile_year", KEY)
    before = materialized(run(instance, "map_tile_year", KEY))
    fetched = []
    fetch = LocalStore.fetch

    def count(self, key, sha256):
        fetched.append(key.partition("/")[0])
        return fetch(self, key, sha256)

    monkeypatch.setattr(LocalStore, "fetch", count)
    again = materialized(run(instance, "map_tile_year", KEY))
    assert set(fetched) <= {"model_bundle", "scene_catalog"}  # inputs of the batches
    for name, event in again.items():
        assert event.metadata == before[name].metadata


def test_a_run_that_loses_the_race_reports_the_winner(project_file, instance, monkeypatch):
    from lulc_assets.steps import maps

    run(instance, "map_tile_year", KEY)
    work, compose = open_work(project_file), maps.compose_year
    stands = work.read(ANNUAL_MAP, TILE_YEAR)

    def compose_late(*args, **kwargs):
        found = compose(*args, **kwargs)
        properties = stands.properties
        work.step(ANNUAL_MAP, TILE_YEAR).make("the other run", lambda _: Made({}, properties))
        return found

    monkeypatch.setattr(maps, "compose_year", compose_late)
    heavier = "\n[composite.weights_256]\nwater = 300\n"
    project_file.write_text(project_file.read_text() + heavier)
    made = materialized(run(instance, "map_tile_year", KEY, ok=False))
    winner = work.read(ANNUAL_MAP, TILE_YEAR)
    assert winner.basis.settings == "the other run"
    assert made["annual_map"].tags["dagster/data_version"] == winner.digest
