"""Which assets run by themselves, and when: named conditions, by the kind of product.

What belongs here: the conditions, each with the storm that it prevents (the tests show the storm
without it), and the rule that gives a product its own, so that a new product has one. What does
not: retries of a step, tags and pools (``policies``); requests for new scenes (``sensors``).

All act on data versions: an upstream that was made again and came out the same starts nothing.
"""

from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import AutomationCondition as When
from dagster import AutomationContext, AutomationResult

from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps import products as of
from lulc_assets.steps.product import Product

Condition = dg.AutomationCondition[Any]

MOST_AT_ONCE = 200
"""Partitions of an asset that one evaluation may request."""

DEBOUNCE = "*/30 * * * *"
"""How often an asset that collects may run at most."""


@dataclass(frozen=True)
class AtMost(dg.AutomationCondition[Any]):
    """The first partitions, by key, of those that an operand chooses; the others come later.

    Prevents: one changed class weight, 10,000 maps, 10,000 runs queued by a single evaluation, and
    everybody's own runs behind them. What is left out stays chosen, since only what is requested
    is handled.

    Attributes:
        operand: what chooses.
        most: partitions.
    """

    operand: Condition
    most: int = MOST_AT_ONCE

    @property
    def name(self) -> str:
        """Shown in the UI."""
        return f"AT MOST {self.most}"

    @property
    def children(self) -> list[Condition]:
        """The operand, whose evaluation the UI shows below."""
        return [self.operand]

    async def evaluate(  # type: ignore[override]
        self, context: AutomationContext[Any]
    ) -> AutomationResult[Any]:
        """Evaluate the operand and keep the first."""
        child = await context.for_child_condition(
            child_condition=self.operand,
            child_indices=[0],
            candidate_subset=context.candidate_subset,
        ).evaluate_async()
        chosen = child.true_subset
        if chosen.size > self.most:
            first = sorted(chosen.expensively_compute_partition_keys())[: self.most]
            chosen = chosen.compute_intersection_with_partition_keys(set(first))
        return AutomationResult(context, chosen, child_results=[child])


def follows_its_inputs(*, but_not: dg.AssetSelection | None = None) -> Condition:
    """A tile × year runs when the data version of an input changed, in whatever year.

    Prevents: maps of a past year that stay old, because ``eager()`` looks at the latest year only;
    runs for an upstream that was made again and is the same; a run for each of several upstreams
    that come one after the other (it waits until none is at work).

    Args:
        but_not: inputs whose change starts nothing. They must be there all the same.
    """
    deps = When.any_deps_match(When.data_version_changed())
    changed: Condition = deps if but_not is None else deps.ignore(but_not)
    waits: Condition = ~When.any_deps_missing() & ~When.any_deps_in_progress() & ~When.in_progress()
    return AtMost((changed.since_last_handled() & waits).with_label("inputs changed"))


def follows_its_scenes(models: dg.AssetSelection) -> Condition:
    """Predictions run when their scenes changed, never because there is another model.

    Prevents: a retraining that requests every tile and year ever mapped, days of GPU; and, since
    the model must be there, predictions of 10,000 tiles that all fail because none is promoted yet
    (a plain ``.ignore`` of the model in ``eager()`` loses that guard).

    Args:
        models: whose change starts nothing.
    """
    return follows_its_inputs(but_not=models)


def collects_now_and_then() -> Condition:
    """A product of many partitions runs at most every half hour, when any of them changed.

    Prevents: 10,000 maps that make the pages 10,000 times; and the opposite: ``eager()`` never runs
    such an asset, because some tile × year is always missing.
    """
    deps: Condition = When.any_deps_match(When.data_version_changed())
    cron: Condition = When.cron_tick_passed(DEBOUNCE)
    changed, tick = deps.since_last_handled(), cron.since_last_handled()
    waits: Condition = ~When.any_deps_in_progress() & ~When.in_progress()
    return AtMost((changed & tick & waits).with_label("collected now and then"))


def condition_for(product: Product[Any, Any]) -> Condition | None:
    """The condition of a product, by its kind.

    None: what comes from outside (scenes, labels), which sensors, schedules and people start; and
    all that is learnt, with what it is made of, since training is decided by people.
    """
    if not product.inputs or product.asset in MODEL_LINE or product == of.LEARNED_VOTE:
        return None
    if product.key is not TileYear:
        return collects_now_and_then()
    models = [i.product.asset for i in product.inputs if i.product.key is Whole]
    if models:
        return follows_its_scenes(dg.AssetSelection.assets(*models))
    return follows_its_inputs()


def _made_of(product: Product[Any, Any]) -> set[str]:
    """An asset and everything that it is made of."""
    return {product.asset}.union(*(_made_of(given.product) for given in product.inputs))


MODEL_LINE = frozenset(_made_of(of.MODEL_BUNDLE) | _made_of(of.PATCH_BUNDLE))
"""Assets that trainings are made of, the bundles among them."""


@dg.definitions
def automation() -> dg.Definitions:
    """The sensor that evaluates the conditions; off until somebody turns it on."""
    sensor = dg.AutomationConditionSensorDefinition(
        "follow_changes",
        target=dg.AssetSelection.all(),
        minimum_interval_seconds=60,
        run_tags={"lulc/why": "an input changed"},
        use_user_code_server=True,
        description="Runs what follows from changed products: maps from predictions, reports "
        "from maps, pages from reports. Never trains, never predicts for a new model alone.",
    )
    return dg.Definitions(sensors=[sensor])
