"""The job of the seasons, on maps from predictions made by hand."""

import dagster as dg
import pytest

from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import tile_years
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import SEASONAL_MAPS
from lulc_assets_tests.core.compositing.scenes import random_year
from lulc_assets_tests.steps.predicted_year import KEY as TILE_YEAR
from lulc_assets_tests.steps.predicted_year import TILE, YEAR, commit_scenes, open_project

KEY = f"{TILE}|{YEAR}"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def run(tmp_path, monkeypatch, instance):
    def run_job(sections):
        work = open_project(tmp_path / "project", sections)
        commit_scenes(work, random_year(tmp_path, 4, work.grid(TILE)))
        make_annual_map(work, TILE_YEAR)
        monkeypatch.setenv("LULC_PROJECT", str(tmp_path / "project" / "project.toml"))
        job = defs().resolve_job_def("seasons")
        return work, job.execute_in_process(
            instance=instance, partition_key=KEY, run_config=QUIET, raise_on_error=False
        )

    return run_job


def test_the_job_makes_the_maps_of_the_seasons_with_a_picture(run):
    work, result = run('\n[composite]\nseasons = "quarters"\n')
    assert result.success
    (event,) = [e for e in result.all_events if e.is_step_materialization]
    assert (
        event.materialization.tags["dagster/data_version"]
        == work.read(SEASONAL_MAPS, TILE_YEAR).digest
    )
    picture = event.materialization.metadata["picture_seasons"]
    assert isinstance(picture, dg.MarkdownMetadataValue)


def test_a_project_without_seasons_is_told_what_to_set(run):
    _, result = run("")
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert 'seasons = "quarters"' in failure.step_failure_data.user_failure_data.description


def test_seasons_depend_on_the_maps_of_this_year_and_the_former(instance):
    graph, years = defs().resolve_asset_graph(), tile_years()
    with dg.partition_loading_context(dynamic_partitions_store=instance):
        mapping = graph.get_partition_mapping(
            dg.AssetKey("seasonal_maps"), parent_asset_key=dg.AssetKey("annual_map")
        )
        upstream = mapping.get_upstream_mapped_partitions_result_for_partitions(
            years.subset_with_partition_keys([KEY]), years, years
        )
        keys = set(upstream.partitions_subset.get_partition_keys())
    assert keys == {f"{TILE}|{YEAR - 1}", KEY}
