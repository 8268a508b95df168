"""Partitions are of the project's years; what is stored under other years is not lost."""

import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.utils import is_valid_owner

from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import TILE, add_keys, tile_years, years_of
from lulc_assets.project.checks import is_owner
from lulc_assets.project.entries import Entries, read_entries
from lulc_assets.project.years import ProjectYears

MAP = dg.AssetKey("annual_map")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes the project file that LULC_PROJECT names."""
    file = tmp_path / "project.toml"
    monkeypatch.setenv("LULC_PROJECT", str(file))
    return file.write_text


def keys_at(years, day):
    with dg.partition_loading_context(effective_dt=day):
        return years_of(years).get_partition_keys()


def test_a_project_that_is_not_running_has_the_years_that_it_lists():
    years = ProjectYears((2019, 2021, 2022))
    for day in (datetime(2024, 5, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)):
        assert keys_at(years, day) == ["2019", "2021", "2022"]


def test_a_new_year_of_a_running_project_begins_without_a_reload():
    years = ProjectYears((2022, 2024), running=True)
    loaded = years_of(years)
    for day, last in (
        (datetime(2024, 12, 31, tzinfo=UTC), 2024),
        (datetime(2025, 1, 1, tzinfo=UTC), 2025),
    ):
        with dg.partition_loading_context(effective_dt=day):
            assert loaded.get_partition_keys()[-1] == str(last)
    assert keys_at(years, datetime(2026, 6, 1, tzinfo=UTC)) == ["2022", "2024", "2025", "2026"]


def test_without_a_project_all_years_are_keys():
    found = keys_at(None, datetime(2024, 5, 1, tzinfo=UTC))
    assert found == [str(year) for year in range(2015, 2025)]


def test_every_asset_and_check_has_the_years_and_owners_of_the_project(project):
    project(
        'owners = ["team:alps"]\nyears = [2023]\nwatch_years = [2021]\n[training]\nyears = [2020]\n'
    )
    graph = defs().resolve_asset_graph()
    expected = years_of(ProjectYears((2020, 2021, 2023)))
    found = [graph.get(key).partitions_def for key in graph.get_all_asset_keys()]
    found += [graph.get(key).partitions_def for key in graph.asset_check_keys]
    partitioned = [one for one in found if one is not None]
    assert len(partitioned) > 20
    assert all(one.get_partitions_def_for_dimension("year") == expected for one in partitioned)
    owners = {tuple(spec.owners) for spec in defs().resolve_all_asset_specs()}
    assert owners == {("team:alps",)}


def test_importing_the_definitions_reads_no_project_and_no_manifest(tmp_path):
    code = (
        "import builtins, pathlib, pkgutil, importlib, os\n"
        "import dagster, dagster_dbt, lulc_assets.defs as room\n"
        "opened = []\n"
        "import sys; sys.addaudithook(lambda name, args: opened.append(str(args[0])) "
        "if name == 'open' else None)\n"
        "for one in pkgutil.iter_modules(room.__path__):\n"
        "    importlib.import_module(f'lulc_assets.defs.{one.name}')\n"
        "read = [name for name in opened if name.endswith(('project.toml', 'manifest.json'))]\n"
        "assert not read, read\n"
    )
    (tmp_path / "project.toml").write_text('owners = ["team:alps"]\n')
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={"PATH": "/usr/bin:/bin", "LULC_PROJECT": str(tmp_path / "project.toml")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("year", ["2018", "2020", "2023", "9999", "", "../..", "20x3"])
def test_a_year_that_is_not_the_projects_is_no_partition(year):
    with dg.DagsterInstance.ephemeral() as instance:
        add_keys(instance, TILE, ["33TVM"])
        with dg.partition_loading_context(dynamic_partitions_store=instance):
            grid = tile_years(ProjectYears((2019, 2021, 2022)))
            assert grid.has_partition_key("33TVM|2021")
            assert not grid.has_partition_key(f"33TVM|{year}")


def test_events_stored_under_all_years_are_found_and_others_are_not_missing(project, tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        add_keys(instance, TILE, ["33TVM"])
        for year in (2016, 2021, 2023):
            event = dg.AssetMaterialization(MAP, partition=f"33TVM|{year}")
            instance.report_runless_asset_event(event)
        project("years = [2021, 2022, 2023]\n")
        known = defs().resolve_asset_graph().get(MAP).partitions_def
        with dg.partition_loading_context(dynamic_partitions_store=instance):
            keys = set(known.get_partition_keys())
            made = instance.get_materialized_partitions(MAP)
        assert keys - made == {"33TVM|2022"}, "only the project's years are missing"
        assert "33TVM|2016" in made, "what was made is not forgotten"


def test_a_backfill_under_way_survives_that_the_years_change(project, tmp_path):
    from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
    from dagster._core.definitions.events import AssetKeyPartitionKey

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        add_keys(instance, TILE, ["33TVM"])
        before = defs().resolve_asset_graph()
        with dg.partition_loading_context(dynamic_partitions_store=instance):
            wanted = {AssetKeyPartitionKey(MAP, "33TVM|2021")}
            stored = AssetGraphSubset.from_asset_partition_set(wanted, before).to_storage_dict(
                before
            )
            project("years = [2020, 2021]\n")
            after = defs().resolve_asset_graph()
            found = AssetGraphSubset.from_storage_dict(stored, after)
            assert set(found.iterate_asset_partitions()) == wanted


@pytest.mark.parametrize(
    "text",
    ["owners = 3", "not toml at all", 'name = "x"', 'owners = ["nobody"]', "years = 2021",
     "years = [true]", "years = [1492]", 'years = ["2021"]', "training = 1", "\udcff"],
)  # fmt: skip
def test_a_wrong_file_does_not_take_the_code_location_away(text, tmp_path):
    file = tmp_path / "project.toml"
    file.write_text(text, errors="surrogateescape")
    assert read_entries(str(file)) == Entries() == read_entries(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    "owner",
    ["team:alps", "team:", "team:two words", "anna@example.org", "anna", "anna@example", "@x.org",
     ".a@x.org", "a b@x.org", "anna@example.technology", ""],
)  # fmt: skip
def test_owners_are_those_that_dagster_takes(owner):
    assert is_owner(owner) == is_valid_owner(owner)


def test_the_project_names_owners_and_years(tmp_path):
    file = tmp_path / "project.toml"
    file.write_text('owners = ["team:alps", "anna@example.org"]\nyears = [2022]\nrunning = true\n')
    expected = Entries(("team:alps", "anna@example.org"), ProjectYears((2022,), running=True))
    assert read_entries(str(file)) == expected
