"""A year that may cost more than the project's limit is not begun by itself."""

import dagster as dg
import pytest

from lulc_assets.core.costs.quote import PastMap
from lulc_assets.core.errors import InvalidProject
from lulc_assets.defs import past_maps
from lulc_assets.defs.past_maps import TooExpensive, area_km2, require_affordable
from lulc_assets.project import load_project
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.steps.predicted_year import open_project


@pytest.fixture
def priced(tmp_path):
    """Opens the project with some [prices]."""
    file = open_project(tmp_path).project.folder / "project.toml"
    plain = file.read_text()

    def start(prices):
        file.write_text(f"{plain}\n[prices]\n{prices}\n")
        return Workbench.of(load_project(file))

    return start


def ask(work, monkeypatch, made):
    monkeypatch.setattr(past_maps, "past_maps", lambda *_: made)
    with dg.DagsterInstance.ephemeral() as instance:
        require_affordable(instance, work, list(work.project.tiles))


def test_a_limit_is_held_and_without_one_nothing_is_asked(priced, monkeypatch):
    work = priced("core_hour = 1.0\nconfirm_above = 10")
    area = sum(area_km2(work, tile) for tile in work.project.tiles)
    ask(work, monkeypatch, [PastMap(area, 9.0)] * 3)
    with pytest.raises(
        TooExpensive, match=r"cost 11\.00 EUR .*confirm_above = 10; to go on, set confirmed"
    ):
        ask(work, monkeypatch, [PastMap(area, 11.0)] * 3)
    ask(priced("core_hour = 1.0"), monkeypatch, [])


def test_a_limit_that_cannot_be_compared_with_is_not_passed_over(priced, monkeypatch):
    with pytest.raises(TooExpensive, match="a price that is needed is missing"):
        ask(priced("confirm_above = 10"), monkeypatch, [PastMap(1.0, 1.0)] * 3)
    with pytest.raises(TooExpensive, match=r"the cost is unknown.*there are 0"):
        ask(priced("core_hour = 1.0\nconfirm_above = 10"), monkeypatch, [])


@pytest.mark.parametrize(
    "prices", ["core_hour = -1", "gpu_hour = nan", 'core_hour = "dear"', "core_hours = 1"]
)
def test_what_cannot_be_a_price_is_refused_by_name(priced, prices):
    with pytest.raises(InvalidProject, match=r"prices\.(core|gpu)_hour"):
        priced(prices)
