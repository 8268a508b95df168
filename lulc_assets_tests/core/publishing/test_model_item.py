"""The model as a STAC item and as a page of text."""

import re

import pystac
import pytest
from pydantic import ValidationError
from pystac.extensions.file import FileExtension
from pystac.extensions.mlm import MLMExtension
from stac_model.schema import MLModelProperties

from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.publishing.model_item import Origin, card_as_markdown, write_model_item
from lulc_assets.core.store.typed import as_plain
from lulc_assets_tests.core.training.chips_for_tests import two_class_chips


@pytest.fixture(scope="module")
def origin():
    chips = two_class_chips()
    chips.index["date"] = ["2022-07-01", "2022-04-11"] * 6
    return Origin.of([chips])


@pytest.fixture
def item(trained, origin, tmp_path):
    name = "weights-0123.safetensors"
    path = write_model_item(tmp_path / "i.json", trained.card, origin, name, "CC-BY-4.0")
    return pystac.Item.from_file(str(path))


def test_the_origin_is_where_and_when_the_chips_were_seen(origin):
    assert (origin.first, origin.last) == ("2022-04-11", "2022-07-01")
    west, south, east, north = origin.bounds
    assert west < east
    assert south < north


def test_the_item_says_what_goes_in_and_what_comes_out(item, trained):
    card, model = trained.card, MLMExtension.ext(item)
    (given,) = model.input
    assert [band.name for band in given.bands] == list(card.bands)
    assert given.input.shape == [-1, 6, -1, -1]
    # Reflectance goes in as it is; what the network makes of it is for the reader to know.
    assert given.properties.get("value_scaling") is None
    assert item.properties["lulc:normalisation"] == as_plain(card.normalisation)
    (result,) = model.output
    assert [known.name for known in result.classes] == list(KARRA_10.names)
    assert model.framework == "PyTorch"
    assert item.properties["license"] == "CC-BY-4.0"


def test_the_item_names_the_weights_by_their_digest(item, trained):
    weights = item.assets["weights"]
    card = trained.card
    assert FileExtension.ext(weights).checksum == "1220" + card.weights.sha256
    assert "mlm:model" in weights.roles
    assert item.properties["lulc:inputs"] == card.inputs


def test_the_extension_s_own_library_reads_the_item(item):
    read = MLModelProperties.model_validate(item.properties)
    assert read.name == item.properties["mlm:name"]
    assert [known.value for known in read.output[0].classes] == list(range(1, 11))
    with pytest.raises(ValidationError, match="shape"):
        (given,) = item.properties["mlm:input"]
        structure = {**given["input"], "shape": "any"}
        wrong = [{**given, "input": structure}]
        MLModelProperties.model_validate({**item.properties, "mlm:input": wrong})


def test_the_item_keeps_the_rules_of_the_extension_s_schema(item):
    """What version 1 of its JSON schema asks for; the schema itself is on the network only."""
    fields = item.properties
    required = {"name", "architecture", "framework", "tasks", "input", "output"}
    assert {f"mlm:{name}" for name in required} <= set(fields)
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.-]+[a-zA-Z0-9]", fields["mlm:name"])
    assert re.match(r"\d+\.\d+\.\d+", fields["mlm:framework_version"])
    assert all(re.fullmatch(r"[0-9a-zA-Z_.-]+", name) for name in fields["mlm:hyperparameters"])
    for side, structure in (("mlm:input", "input"), ("mlm:output", "result")):
        for described in fields[side]:
            shape = described[structure]
            assert len(shape["shape"]) == len(shape["dim_order"])
            assert all(re.fullmatch(r"[a-z_-]+", name) for name in shape["dim_order"])
    assert [name for name, a in item.assets.items() if "mlm:model" in a.roles] == ["weights"]


def test_equal_cards_give_equal_items(trained, origin, tmp_path):
    paths = [
        write_model_item(tmp_path / name, trained.card, origin, "w.safetensors", "other")
        for name in ("a.json", "b.json")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_page_has_figures_every_class_and_the_warnings(trained, origin):
    text = card_as_markdown(trained.card, origin, "CC-BY-4.0")
    for known in KARRA_10.classes:
        assert f"| {known.title} |" in text
    assert "class trees has no labelled training pixel" in text
    assert "CC-BY-4.0" in text
    assert "chips: 2 gold, 8 train, 2 val" in text
    assert "probability sample" in text
