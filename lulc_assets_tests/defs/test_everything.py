"""One job for everything: one asset backfill, of the project's own partitions."""

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository

from lulc_assets.definitions import defs
from lulc_assets.defs.everything import partitions_of_project, request_everything
from lulc_assets.defs.partitions import register_partitions
from lulc_assets_tests.tiny_project import REGION, TILE, YEAR, open_work

KEY = f"{TILE}|{YEAR}"


@pytest.fixture
def known(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as found:
        yield found


def test_the_years_of_the_project_are_targeted_and_no_others(trained, known):
    project = open_work(trained).project
    register_partitions(known, project)
    graph = defs().resolve_asset_graph()
    assert "over" in request_everything(known, graph, project, "all", now=1.7e9)
    assert request_everything(known, graph, project, "all") == ""
    (backfill,) = known.get_backfills()
    subset = backfill.asset_backfill_data.target_subset
    names = {key.to_user_string() for key in backfill.asset_selection}
    assert {"lulc_model", "annual_map", "region_report", "report_pages", "class_areas"} <= names
    assert "seasonal_maps" not in names  # the project has no seasons
    with dg.partition_loading_context(dynamic_partitions_store=known):
        for asset, keys in partitions_of_project(project).items():
            found = set(subset.partitions_subsets_by_asset_key[asset].get_partition_keys())
            assert found == set(keys) and all(key.endswith(str(YEAR)) for key in found), asset


def test_regions_have_their_own_keys(trained):
    found = partitions_of_project(open_work(trained).project)
    assert found[dg.AssetKey("region_report")] == (f"{REGION}|{YEAR}",)
    assert found[dg.AssetKey("annual_map")] == (KEY,)


def test_the_job_registers_and_asks(project_file, known):
    config = {"ops": {"ask_for_everything": {"config": {"name": "all"}}}}
    location = ReconstructableRepository.for_module("lulc_assets.definitions", "defs")
    job = location.get_reconstructable_job("everything")
    for _ in range(2):
        with dg.execute_job(job, instance=known, run_config=config) as done:
            assert done.success
    assert [b.backfill_id for b in known.get_backfills()] == ["all"]
    assert list(known.get_dynamic_partitions("tile")) == [TILE]
