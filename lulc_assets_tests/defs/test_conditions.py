"""Ticks of the automation conditions, each beside the storm that there is without it."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from lulc_assets.defs import automation
from lulc_assets.defs.automation import MODEL_LINE, AtMost, condition_for
from lulc_assets.steps.products import PRODUCTS

TILES = ("33TVL", "33TVM", "33TWL")
YEARS = dg.StaticPartitionsDefinition(["2021", "2022", "2023", "2024"])
GRID = dg.MultiPartitionsDefinition({"tile": dg.StaticPartitionsDefinition(TILES), "year": YEARS})
MODELS = dg.AssetSelection.assets("bundle")
START = datetime(2024, 6, 1, 12, 1, tzinfo=UTC)


def build(condition, *, deps, partitions=GRID, mapping=None):
    """An asset ``maps`` with a condition, and its upstreams."""
    ups = {
        "scenes": dg.AssetSpec("scenes", partitions_def=GRID),
        "bundle": dg.AssetSpec("bundle"),
    }
    given = [dg.AssetDep(name, partition_mapping=mapping) for name in deps]

    @dg.asset(deps=given, partitions_def=partitions, automation_condition=condition)
    def maps() -> None: ...

    return dg.Definitions(assets=[*(ups[name] for name in deps), maps])


class Ticks:
    """Evaluations one after the other; what they request is done at once unless told not to."""

    def __init__(self, defs, asset="maps"):
        self.defs, self.asset, self.instance = defs, asset, dg.DagsterInstance.ephemeral()
        self.cursor, self.now = None, START

    def report(self, asset, key=None, version="1"):
        event = dg.AssetMaterialization(
            asset, partition=key, tags={"dagster/data_version": version}
        )
        self.instance.report_runless_asset_event(event)

    def everywhere(self, asset, version="1"):
        for key in GRID.get_partition_keys():
            self.report(asset, key, version)

    def __call__(self, minutes=1, *, done=True):
        self.now += timedelta(minutes=minutes)
        result = dg.evaluate_automation_conditions(
            self.defs, self.instance, evaluation_time=self.now, cursor=self.cursor
        )
        self.cursor = result.cursor
        found = result.get_requested_partitions(dg.AssetKey(self.asset))
        for key in found if done else ():
            self.report(self.asset, key)
        return found


@pytest.fixture
def ticking():
    made = []

    def start(*args, **options):
        made.append(Ticks(build(*args, **options)))
        return made[-1]

    yield start
    for each in made:
        each.instance.dispose()


def started(ticks, *whole):
    """All there is was made before; the first tick only looks."""
    ticks.everywhere("scenes")
    for asset in whole:
        ticks.report(asset)
    ticks()
    return ticks


def test_a_change_in_any_year_is_followed_and_eager_follows_the_latest_only(ticking):
    ours = started(ticking(automation.follows_its_inputs(), deps=["scenes"]))
    ours.report("scenes", "33TVL|2021", "2")
    assert ours() == {"33TVL|2021"} and ours() == set()


def test_the_same_data_version_again_starts_nothing_and_eager_would(ticking):
    ours = started(ticking(automation.follows_its_inputs(), deps=["scenes"]))
    storm = started(ticking(dg.AutomationCondition.eager(), deps=["scenes"]))
    storm()
    for ticks in (ours, storm):
        ticks.everywhere("scenes", "1")
    assert ours() == set()
    assert len(storm()) == len(GRID.get_partition_keys())


def test_another_model_fans_out_to_nothing_and_without_the_rule_to_everything(ticking):
    ours = started(
        ticking(automation.follows_its_scenes(MODELS), deps=["scenes", "bundle"]), "bundle"
    )
    storm = started(ticking(automation.follows_its_inputs(), deps=["scenes", "bundle"]), "bundle")
    for ticks in (ours, storm):
        ticks.report("bundle", version="retrained")
    assert ours() == set()
    assert len(storm()) == len(GRID.get_partition_keys())
    ours.report("scenes", "33TVM|2022", "2")
    assert ours() == {"33TVM|2022"}


def test_without_a_bundle_nothing_is_predicted_and_plain_ignore_would(ticking):
    deps = ["scenes", "bundle"]
    plain = (
        dg.AutomationCondition.eager().without(dg.AutomationCondition.in_latest_time_window())
    ).ignore(MODELS)
    ours, storm = (started(ticking(c, deps=deps))
                   for c in (automation.follows_its_scenes(MODELS), plain))  # fmt: skip
    for ticks in (ours, storm):
        ticks.everywhere("scenes", "2")
    assert ours() == set()
    assert len(storm()) == len(GRID.get_partition_keys())
    ours.report("bundle")
    assert len(ours()) == len(GRID.get_partition_keys())  # the scenes were waiting for it


def test_a_tick_requests_no_more_than_its_cap_and_the_rest_comes_later(ticking):
    condition = automation.follows_its_inputs()
    assert isinstance(condition, AtMost)
    ours = started(ticking(AtMost(condition.operand, most=5), deps=["scenes"]))
    storm = started(ticking(condition.operand, deps=["scenes"]))
    for ticks in (ours, storm):
        ticks.everywhere("scenes", "2")
    assert len(storm()) == 12
    steps = [ours() for _ in range(4)]
    assert [len(step) for step in steps] == [5, 5, 2, 0]
    assert set().union(*steps) == set(GRID.get_partition_keys())


def test_pages_are_made_once_in_half_an_hour_and_without_the_rule_each_time(ticking):
    every = dg.AllPartitionMapping()
    ours, storm = (
        started(ticking(c, deps=["scenes"], partitions=None, mapping=every))
        for c in (automation.collects_now_and_then(), automation.follows_its_inputs())
    )
    runs = {"ours": 0, "storm": 0}
    for minute in range(12):
        for name, ticks in (("ours", ours), ("storm", storm)):
            ticks.report("scenes", "33TVL|2021", str(minute + 2))
            runs[name] += len(ticks(5))
    assert runs["ours"] == 2 and runs["storm"] >= 6


def test_pages_are_made_although_a_partition_is_missing_and_eager_never_would(ticking):
    every = dg.AllPartitionMapping()
    ours, never = (
        ticking(c, deps=["scenes"], partitions=None, mapping=every)
        for c in (automation.collects_now_and_then(), dg.AutomationCondition.eager())
    )
    found = {}
    for name, ticks in (("ours", ours), ("never", never)):
        ticks()
        ticks.report("scenes", "33TVL|2021", "2")
        found[name] = sum(len(ticks(10)) for _ in range(6))
    assert found == {"ours": 1, "never": 0}


def test_every_product_has_the_condition_of_its_kind():
    conditions = {product.asset: condition_for(product) for product in PRODUCTS}
    for name in ("scene_catalog", "reference_labels", "learned_vote", *MODEL_LINE):
        assert conditions[name] is None, name
    for name in ("scene_predictions", "annual_map", "seasonal_maps", "report_pages"):
        assert isinstance(conditions[name], AtMost), name
    assert "lulc_model" in MODEL_LINE and "training_chips" in MODEL_LINE
