"""Many partitions in one run: each by itself, one failure beside the others."""

import dagster as dg

from lulc_assets.definitions import defs
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.samples import make_reference_sample
from lulc_assets_tests.tiny_project import KEY, REGION_KEY, TILE, open_work

BAD = ["narnia", "../../etc|2022", "32TNS|2022", f"{TILE}|1999", f"{TILE}|2019"]


def run(instance, *partitions):
    config = {"ops": {"map_each": {"config": {"partitions": list(partitions)}}}}
    job = defs().resolve_job_def("map_many")
    return job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)


def test_one_failure_does_not_fail_the_others_and_nothing_is_made_twice(project_file, instance):
    make_reference_sample(open_work(project_file), REGION_KEY)
    done = run(instance, BAD[0], KEY.partition, *BAD[1:])
    (failure,) = [e for e in done.all_events if e.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert said.startswith("5 of 6 failed:") and all(f"{bad}: Invalid" in said for bad in BAD)
    made = [
        (e.asset_key.to_user_string(), e.partition)
        for e in done.all_events if e.event_type_value == "ASSET_MATERIALIZATION"
    ]  # fmt: skip
    assert made == [
        (name, KEY.partition)
        for name in ("scene_catalog", "scene_predictions", "annual_map", "accuracy_area_report")
    ]
    record = open_work(project_file).read(ANNUAL_MAP, KEY)
    event = instance.get_latest_materialization_event(dg.AssetKey("annual_map"))
    assert event.asset_materialization.tags["dagster/data_version"] == record.digest
    again = run(instance, KEY.partition)
    assert again.success
    assert not [e for e in again.all_events if e.event_type_value == "ASSET_MATERIALIZATION"]
