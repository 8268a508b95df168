"""An instance for several users: pools, partitions, and what its settings lack."""

import dagster as dg
import pytest

from lulc_assets.core.errors import InvalidProject
from lulc_assets.project import load_project
from lulc_assets.running.bootstrap import bootstrap, write_settings
from lulc_assets_tests.steps.predicted_year import PROJECT


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project.toml").write_text(PROJECT)
    return load_project(tmp_path / "project.toml")


def test_pools_and_partitions_are_set_and_may_be_set_again(tmp_path, project):
    assert write_settings(tmp_path / "home", postgres=False)
    assert not write_settings(tmp_path / "home", postgres=True)
    for gpu in (1, 3):
        done = bootstrap(tmp_path / "home", project, gpu=gpu)
    assert done.missing == ()
    with dg.DagsterInstance.from_config(str(tmp_path / "home")) as instance:
        assert instance.event_log_storage.get_concurrency_info("gpu").slot_count == 3
        assert instance.event_log_storage.get_concurrency_info("metrics").slot_count == 1
        assert set(instance.get_dynamic_partitions("tile")) == set(project.tiles)


def test_what_an_edited_file_lacks_is_told_with_its_harm(tmp_path, project):
    (tmp_path / "dagster.yaml").write_text("run_monitoring: {enabled: true}\n")
    missing = bootstrap(tmp_path, project, gpu=1).missing
    assert any("max_runtime_seconds: without it a run" in text for text in missing)
    assert any("tag_concurrency_limits" in text for text in missing)


def test_a_pool_without_slots_is_refused(tmp_path, project):
    write_settings(tmp_path, postgres=False)
    with pytest.raises(InvalidProject, match="pool gpu would have 0 slots"):
        bootstrap(tmp_path, project, gpu=0)
