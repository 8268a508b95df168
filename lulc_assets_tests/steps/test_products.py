"""The contract between products: what is declared is what is opened and what Dagster knows."""

from dataclasses import dataclass

import pytest

from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.local import LocalStore
from lulc_assets.definitions import defs
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.change_evidence import make_change_evidence
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.learned_vote import make_learned_vote
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.metrics import make_metric_tables
from lulc_assets.steps.model_lines import PATCHES
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.patches import make_patch_classifier, make_patch_evaluation
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.product import Input, Product, Reach, in_order
from lulc_assets.steps.products import (
    ANNUAL_MAP,
    MODEL_BUNDLE,
    PARTS,
    PRODUCTS,
    REFERENCE_LABELS,
    SCENE_CATALOG,
)
from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.report import make_accuracy_area_report
from lulc_assets.steps.samples import make_reference_sample
from lulc_assets.steps.seasons import make_seasonal_maps
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Made, UndeclaredInput, Workbench
from lulc_assets_tests.core.patches.conftest import make_folder
from lulc_assets_tests.steps.test_patches import TINY_PATCHES
from lulc_assets_tests.tiny_project import KEY, REGION_KEY, make_tiny_project, open_work


class Listening(LocalStore):
    """A store that notes which products are opened."""

    def __init__(self, root):
        super().__init__(root)
        self.opened = set()

    def read(self, key):
        if not key.startswith("records/"):
            self.opened.add(key.partition("/")[0])
        return super().read(key)

    def fetch(self, key, sha256):
        self.opened.add(key.partition("/")[0])
        return super().fetch(key, sha256)


def predict(work):
    results = [predict_batch(work, batch) for batch in plan_batches(work, KEY)]
    return commit_predictions(work, KEY, results)


STEPS = {
    "reference_labels": lambda work: make_reference_labels(work, KEY),
    "scene_catalog": lambda work: make_scene_catalog(work, KEY),
    "label_quality": lambda work: make_label_quality(work, KEY),
    "training_chips": lambda work: make_training_chips(work, KEY),
    "lulc_model": make_lulc_model,
    "model_evaluation": make_model_evaluation,
    "model_bundle": make_model_bundle,
    "patch_classifier": make_patch_classifier,
    "patch_evaluation": make_patch_evaluation,
    "patch_bundle": lambda work: make_model_bundle(work, PATCHES),
    "reference_sample": lambda work: make_reference_sample(work, REGION_KEY),
    "scene_predictions": predict,
    "annual_map": lambda work: make_annual_map(work, KEY),
    "learned_vote": make_learned_vote,
    "seasonal_maps": lambda work: make_seasonal_maps(work, KEY),
    "change_evidence": make_change_evidence,
    "change_map": lambda work: make_change_map(work, KEY),
    "change_alerts": lambda work: make_change_alerts(work, KEY),
    "accuracy_area_report": lambda work: make_accuracy_area_report(work, KEY),
    "region_report": lambda work: make_region_report(work, REGION_KEY),
    "metric_tables": lambda work: make_metric_tables(work, [KEY], [REGION_KEY]),
    "report_pages": lambda work: make_report_pages(
        work, work.project.folder / "pages", [KEY], [REGION_KEY]
    ),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Asset → the products that its step opened, with INT8 and seasons that cross the year."""
    file = make_tiny_project(tmp_path_factory.mktemp("contract"))
    seasons = '\n[composite]\nseasons = "quarters"\n[inference]\nprecision = "int8"\n'
    make_folder(file.parent / "patches")
    file.write_text(file.read_text() + seasons + TINY_PATCHES)
    project = open_work(file).project
    found, records = {}, {}
    with pytest.MonkeyPatch.context() as patch:
        # The model of this test learns next to nothing; what INT8 loses is not the question.
        patch.setattr("lulc_assets.core.model.quantised.ALLOWED_LOSS_POINTS", 100.0)
        for product in PRODUCTS:
            store = Listening(project.open_store().root)
            records[product.asset] = STEPS[product.asset](Workbench(project, store))
            found[product.asset] = store.opened
    return found, records


OPTIONAL = {
    "reference_sample": {"reference_labels"},  # a sample of its own needs no labels
    "change_alerts": {"annual_map"},  # of the year before, which this project does not map
}


def names_around(product):
    """What belongs to an asset itself: its product, its parts, and what it looks at."""
    own = {product.asset, *(other.asset for other in product.looks_at)}
    inputs = [given.product for given in product.inputs]
    if ANNUAL_MAP in inputs:  # whose record names its predictions, to the byte
        inputs += [given.product for given in ANNUAL_MAP.inputs]
    makers = {product.asset, *(given.asset for given in inputs)}
    return own | {part.asset for part in PARTS if part.part_of in makers}


def test_every_asset_has_a_declaration_and_every_declaration_an_asset():
    assets = {key.to_user_string() for key in defs().resolve_asset_graph().get_all_asset_keys()}
    assert {product.asset for product in PRODUCTS} <= assets
    assert set(STEPS) == {product.asset for product in PRODUCTS}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.asset)
def test_what_is_opened_is_what_is_declared(opened, product):
    declared = {given.product.asset for given in product.inputs}
    extra = (
        opened[0][product.asset]
        - declared
        - names_around(product)
        - {"model_history", "patch_history"}
    )
    assert not extra, f"{product.asset} opens what it does not declare"
    inputs = {name.partition("/")[0] for name in opened[1][product.asset].inputs}
    assert inputs <= declared
    optional = OPTIONAL.get(product.asset, set())
    assert declared - inputs <= optional, f"{product.asset} declares what it does not read"


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.asset)
def test_dagster_knows_the_declared_inputs_and_the_version(product):
    graph = defs().resolve_asset_graph()
    (node,) = [graph.get(k) for k in graph.get_all_asset_keys() if k.path == [product.asset]]
    parents = {key.to_user_string() for key in node.parent_keys}
    assert parents == {given.product.asset for given in product.inputs}
    assert node.code_version == str(product.version)
    dimensions = node.partitions_def.partition_dimension_names if node.partitions_def else []
    assert tuple(dimensions) == product.key.dimensions


def test_a_hidden_read_is_refused(finished_work):
    step = finished_work.step(ANNUAL_MAP, KEY)
    with pytest.raises(UndeclaredInput, match=r"annual_map does not declare .* scene_catalog"):
        step.read(SCENE_CATALOG)
    with pytest.raises(UndeclaredInput, match="declares the same partition"):
        finished_work.step(SCENE_CATALOG_READER, KEY).read(SCENE_CATALOG, TileYear("33TVM", 2020))


def test_a_read_after_the_identity_is_refused(finished_work):
    step = finished_work.step(SCENE_CATALOG_READER, KEY)

    def build(_):
        step.read(SCENE_CATALOG)
        return Made({}, Note(""))

    with pytest.raises(UndeclaredInput, match="too late"):
        step.make(None, build)


@dataclass(frozen=True)
class Note:
    """Properties of a product that only this test makes."""

    text: str


SCENE_CATALOG_READER = Product("note", 1, TileYear, Note, inputs=(Input(SCENE_CATALOG),))


def test_a_circle_of_declarations_and_an_undeclared_input_are_refused():
    first = Product("first", 1, Whole, Note)
    second = Product("second", 1, Whole, Note, inputs=(Input(first),))
    assert in_order((second, first)) == (first, second)
    circle = Product("first", 1, Whole, Note, inputs=(Input(second),))
    with pytest.raises(ValueError, match="a circle, or an input that is not declared"):
        in_order((circle, second))
    with pytest.raises(ValueError, match="declared twice: first"):
        in_order((first, first))


def test_a_record_with_a_missing_or_a_wrong_property_is_named(finished_work, tmp_path):
    work = Workbench(finished_work.project, LocalStore(tmp_path))
    work.step(SCENE_CATALOG_READER_ALONE, Whole()).make(None, lambda _: Made({}, Note("whole")))
    path = tmp_path / "note" / "record.json"
    whole = path.read_text()
    for wrong, named in (
        (whole.replace('{"text":"whole"}', "{}"), "property text is missing"),
        (whole.replace('{"text":"whole"}', '{"text":7}'), "property text = 7"),
        (whole.replace('"format_version":2', '"format_version":1'), "format 1"),
        (whole.replace('"format_version":2', '"format_version":9'), "format 9"),
        (whole.replace('"files":{', '"files":{"../../x":{}'), "not a plain name"),
        ("[" * 100_000, "does not parse"),
    ):
        path.write_text(wrong)
        with pytest.raises(ProductCorrupt, match=named):
            work.read(SCENE_CATALOG_READER_ALONE, Whole())


SCENE_CATALOG_READER_ALONE = Product("note", 1, Whole, Note)


def test_a_digest_can_be_followed_after_the_product_changed(copied):
    work = open_work(copied)
    old = work.read(REFERENCE_LABELS, KEY)
    text = copied.read_text()
    copied.write_text(text.replace('role_column = "role"', 'role_column = "role"\nborder_px = 2'))
    work = open_work(copied)
    assert make_reference_labels(work, KEY) != old
    assert work.kept(REFERENCE_LABELS, old.digest) == old
    work.open(old, "train.tif")


def test_every_digest_that_a_product_cites_is_kept(finished_work):
    every = {product.asset: product for product in (*PRODUCTS, *PARTS)}
    waiting = [finished_work.read(ANNUAL_MAP, KEY)]
    seen = set()
    while waiting:
        for name, digest in waiting.pop().inputs.items():
            if digest not in seen:
                seen.add(digest)
                waiting.append(finished_work.kept(every[name.partition("/")[0]], digest))
    assert finished_work.read(MODEL_BUNDLE, Whole()).digest in seen
    assert finished_work.read(REFERENCE_LABELS, KEY).digest in seen


def test_reaches_are_those_that_dagster_maps():
    own, other = TileYear("33TVM", 2022), TileYear("33TVM", 2021)
    assert Reach.WITH_FORMER_YEAR.allows(own, other)
    assert not Reach.WITH_FORMER_YEAR.allows(own, TileYear("33TVM", 2020))
    assert Reach.FORMER_YEAR.allows(own, other)
    assert not Reach.FORMER_YEAR.allows(own, own)
    assert not Reach.SAME.allows(own, other)
    assert Reach.SAME.allows(own, Whole())
    assert Reach.SAME_YEAR.allows(REGION_KEY, own)
    assert not Reach.SAME_YEAR.allows(REGION_KEY, other)
