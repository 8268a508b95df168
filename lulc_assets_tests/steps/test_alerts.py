"""Alerts of a project: a ladder that goes on, statements, refusals, addressees."""

import json
from functools import partial

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.errors import InvalidProduct, InvalidProject, InvalidZones
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.project import load_project
from lulc_assets.steps.alert_delivery import tell
from lulc_assets.steps.alerts import make_change_alerts, read_alert_table
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import CHANGE_ALERTS
from lulc_assets.steps.properties import EvidenceProperties
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.steps.predicted_year import TILE, commit_scenes, open_project
from lulc_assets_tests.steps.two_years import (
    CLEARED,
    FORMER,
    KEY,
    YEAR,
    commit_evidence,
    scenes_of,
    two_years,
)

STATES = ("state_latest.zip", "state_q1.zip", "state_q2.zip", "alerts.parquet", "step.tif")


def bytes_of(work, record, names=STATES):
    return {name: work.open(record, name).read_bytes() for name in names if name in record.files}


def test_a_clearing_climbs_the_ladder_as_scenes_come_and_keeps_its_id(tmp_path):
    work = two_years(tmp_path, cleared_from=5)
    every = scenes_of(tmp_path, YEAR, 5)
    steps, ids = [], set()
    for months in (4, 6, 8, 12):
        commit_scenes(work, every[:months], YEAR)
        record = make_change_alerts(work, KEY)
        table = read_alert_table(work, record)
        steps.append(list(table["step"]))
        ids |= set(table["alert_id"])
    assert steps[0] == [] and steps[-1] == ["confirmed"]
    assert len(ids) == 1
    assert record.properties.dates == 12 and record.properties.judged_dates == 4
    layer = read_raster(work.open(record, "step.tif"))
    inner = layer[CLEARED][1:-1, 1:-1]  # at its corners most neighbours are trees
    assert set(inner.ravel()) == {Step.CONFIRMED}
    feed = json.loads(work.open(record, "alerts.geojson").read_text())
    assert feed["features"][0]["properties"]["to_class"] == "bare_ground"
    assert feed["scenes_until"] == "2022-12-10" and feed["withdrawn_scenes"] == []
    fresh = two_years(tmp_path / "fresh", cleared_from=5)
    anew = make_change_alerts(fresh, KEY)
    assert anew.properties.judged_dates == 12
    assert bytes_of(work, record) == bytes_of(fresh, anew)


def test_a_withdrawn_scene_behind_a_confirmed_alert_is_judged_again_and_the_feed_says_so(tmp_path):
    work = two_years(tmp_path, cleared_from=10)
    first = make_change_alerts(work, KEY)
    assert first.properties.alerts["confirmed"] == 1
    kept = scenes_of(tmp_path, YEAR, 10)[:10]
    commit_scenes(work, kept, YEAR)
    again = make_change_alerts(work, KEY)
    gone = ("s202211", "s202212")
    assert again.properties.withdrawn_scenes == gone
    assert again.properties.alerts["confirmed"] == 0
    feed = json.loads(work.open(again, "alerts.geojson").read_text())
    assert tuple(feed["withdrawn_scenes"]) == gone


def test_no_baseline_and_no_evidence_are_statements(tmp_path):
    work = open_project(tmp_path)
    commit_scenes(work, scenes_of(tmp_path, YEAR), YEAR)
    commit_evidence(work)
    alone = make_change_alerts(work, KEY)
    assert alone.properties.reason == "no baseline: 33TVM is not mapped in 2021"
    assert not alone.files and read_alert_table(work, alone) is None
    commit_scenes(work, scenes_of(tmp_path, FORMER), FORMER)
    make_annual_map(work, KEY.former)
    within_a_year(work)
    record = make_change_alerts(work, KEY)
    assert record.properties.reason.startswith("no evidence")


def within_a_year(work):
    """Evidence without a map of the year before: nobody knows what is familiar."""
    from lulc_assets.core.store.keys import Whole
    from lulc_assets.steps.products import CHANGE_EVIDENCE
    from lulc_assets.steps.workbench import Made

    properties = EvidenceProperties("", "nothing is labelled", "by hand", work.legend.digest)
    work.step(CHANGE_EVIDENCE, Whole()).make("none", lambda _: Made({}, properties))


def test_another_bundle_is_refused_by_name(tmp_path):
    work = two_years(tmp_path)
    commit_evidence(work, "another")
    with pytest.raises(InvalidProduct, match="the evidence of bundle another"):
        make_change_alerts(work, KEY)


def test_a_scene_older_than_the_baseline_is_refused(tmp_path):
    work = two_years(tmp_path)
    commit_scenes(work, [*scenes_of(tmp_path, YEAR), *scenes_of(tmp_path, FORMER)[:1]], YEAR)
    with pytest.raises(InvalidProduct, match=r"s202101 of 2021-01-10 is not of 2022"):
        make_change_alerts(work, KEY)


def test_a_state_of_other_settings_is_not_gone_on_from(tmp_path):
    work = two_years(tmp_path)
    make_change_alerts(work, KEY)
    sections = '\n[composite]\nseasons = "quarters"\n[alerts]\nconfirmed_dates = 4\n'
    changed = open_project(tmp_path, sections)
    record = make_change_alerts(changed, KEY)
    assert "another bundle, baseline, evidence or settings" in record.properties.fresh_reason
    assert record.properties.judged_dates == 12


def test_settings_of_change_and_alerts_are_checked_by_the_project_file(tmp_path):
    for wrong, named in (
        ("[alerts]\nlikely_pct = 40\n", r"\[alerts\] needs 0 < floor_pct"),
        ("[alerts]\nto_classes = ['forest']\n", "forest"),
        ("[change]\nsustained_pct = 20\n", "sustained_pct 20"),
        ("[change]\nsustaned_pct = 96\n", "did you mean change.sustained_pct"),
        ("[delivery]\nzone = 'z.gpkg'\n", "did you mean delivery.zones"),
    ):
        with pytest.raises(InvalidProject, match=named):
            open_project(tmp_path, "\n" + wrong)


def with_zones(folder, **columns):
    """Zones over the whole area, in the project file."""
    work = open_project(folder)
    left, bottom, right, top = work.grid(TILE).bounds
    square = shapely.box(left, bottom, right, top)
    frame = gpd.GeoDataFrame(
        {"name": ["Alm/../Nord"], **{k: [v] for k, v in columns.items()}},
        geometry=[square], crs=work.grid(TILE).epsg,
    )  # fmt: skip
    frame.to_file(folder / "zones.gpkg")
    return '[delivery]\nzones = "zones.gpkg"\n'


def test_zones_are_told_once_and_a_failed_webhook_is_told_later(tmp_path, monkeypatch):
    sections = with_zones(tmp_path, webhook="https://example.org/hook", email="a@example.org")
    work = two_years(tmp_path, sections)
    record = make_change_alerts(work, KEY)
    posted = []

    def post(fails, batch, *_):
        from lulc_assets.core.errors import AlertsNotDelivered

        posted.append([notice.kind for notice in batch])
        if fails:
            raise AlertsNotDelivered("it answers HTTP 429")

    monkeypatch.setattr("lulc_assets.core.alerts.delivery._post", partial(post, True))
    looked = tell(work, KEY, record, look_only=True)
    assert [n.kind for n in looked.due] == ["new", "new"] and looked.delivery is None
    first = tell(work, KEY, record)
    assert list(first.delivery.failed) == ["https://example.org/hook"]
    assert len(list((tmp_path / "alerts" / "outbox").iterdir())) == 1, "a name is no path"
    monkeypatch.setattr("lulc_assets.core.alerts.delivery._post", partial(post, False))
    second = tell(work, KEY, record)
    assert [(n.channel, n.repeat) for n in second.due] == [("webhook", True)]
    assert not tell(work, KEY, record).due
    assert posted == [["new"], ["new"]]


def test_zones_without_an_address_and_projects_without_zones_are_refused(tmp_path):
    work = two_years(tmp_path)
    record = make_change_alerts(work, KEY)
    with pytest.raises(InvalidZones, match="delivery"):
        tell(work, KEY, record)
    sections = with_zones(tmp_path, webhook="", email="")
    (tmp_path / "project.toml").write_text((tmp_path / "project.toml").read_text() + sections)
    with_zone = Workbench.of(load_project(tmp_path / "project.toml"))
    with pytest.raises(InvalidZones, match="has no address"):
        tell(with_zone, KEY, record)


def test_a_killed_state_file_is_judged_anew(tmp_path):
    work = two_years(tmp_path)
    record = make_change_alerts(work, KEY)
    np.testing.assert_equal(record.properties.judged_dates, 12)
    path = work.open(record, "state_latest.zip")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-30])
    commit_scenes(work, scenes_of(tmp_path, YEAR, 5)[:11], YEAR)
    again = make_change_alerts(work, KEY)
    assert again.properties.judged_dates == 11 and again.properties.fresh_reason
    assert work.read(CHANGE_ALERTS, TileYear(TILE, YEAR)) == again
