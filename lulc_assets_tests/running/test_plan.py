"""The jobs of a project: change where two years follow each other."""

from lulc_assets.project import load_project
from lulc_assets.running.plan import plan_jobs
from lulc_assets_tests.steps.predicted_year import PROJECT


def project_of(folder, text=PROJECT):
    (folder / "project.toml").write_text(text)
    return load_project(folder / "project.toml")


def planned(project, years):
    return [(job.job, job.partition) for job in plan_jobs(project, years)]


def test_years_that_follow_each_other_are_compared_and_the_latest_has_alerts(tmp_path):
    jobs = planned(project_of(tmp_path), [2020, 2021, 2022])
    compared = [partition for job, partition in jobs if job == "change"]
    assert compared == ["33TVM|2021", "33TVM|2022"]
    assert [partition for job, partition in jobs if job == "alerts"] == ["33TVM|2022"]
    order = [job for job, _ in jobs]
    assert order.index("evidence") > max(i for i, j in enumerate(order) if j == "map_tile_year")
    assert order.index("change") > order.index("evidence")
    assert order[-1] == "metrics"


def test_one_year_a_gap_or_too_many_classes_have_no_change_jobs(tmp_path):
    project = project_of(tmp_path)
    for years in ([2022], [2020, 2022], [2015]):
        assert not {"evidence", "change", "alerts"} & {job for job, _ in planned(project, years)}
    legend = "".join(f"[[legend.classes]]\nname = 'class {n}'\n" for n in range(16))
    many = project_of(tmp_path, PROJECT.replace('crosswalk = "karra-10"\n', "") + legend)
    assert "change" not in {job for job, _ in planned(many, [2021, 2022])}
