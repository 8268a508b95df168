"""Which assets a finished demo leaves incomplete: the README names them, with the reason."""

from collections import defaultdict
from pathlib import Path

from lulc_assets.definitions import defs
from lulc_assets.demo.projects import write_simulated_project
from lulc_assets.project import load_project
from lulc_assets.running.plan import plan_jobs
from lulc_assets.simulation.archive.spec import demo_spec
from lulc_assets.simulation.archive.write import archive_paths

README = Path(__file__).parents[2] / "README.md"


def left_open(project, years):
    """Assets some of whose partitions no job makes, and those that none makes."""
    made = defaultdict(set)
    for job in plan_jobs(project, years):
        for key in defs().resolve_job_def(job.job).asset_layer.executable_asset_keys:
            made[key.to_user_string()].add(job.partition)
    wanted = {"tile": len(project.tiles) * len(years), "region": len(project.regions) * len(years)}
    for node in defs().resolve_asset_graph().asset_nodes:
        name, partitions = node.key.to_user_string(), node.partitions_def
        names = {one.name for one in partitions.partitions_defs} if partitions else set()
        needed = next((wanted[kind] for kind in wanted if kind in names), 1)
        if len(made[name]) < needed:
            yield name


def test_the_readme_names_what_the_demo_leaves_open(tmp_path):
    spec = demo_spec(256)
    file = write_simulated_project(tmp_path, spec, archive_paths(spec, tmp_path / "archive"))
    found = set(left_open(load_project(file), list(spec.years)))
    patches = {"patch_classifier", "patch_evaluation", "patch_bundle"}
    text = README.read_text().partition("Orange counts")[2].partition("```")[0]
    named = {name for name in text.split("`") if name.isidentifier() and "_" in name}
    assert found == named | patches
