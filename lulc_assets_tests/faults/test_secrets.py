"""Tokens, passwords and presigned links: used where they are needed, and told nowhere.

Before: tokens of a catalogue's location reached records, user names and passwords the event log and
the report, and presigned links stayed in stored recipes.
"""

import dataclasses
import json

import numpy as np
import pytest

from lulc_assets.core.catalog import api_io
from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.errors import CatalogError, LulcError
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.imagery.href import HrefPolicy, bare, redacted, without_secrets
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets_tests.core.catalog.stac_documents import make_item, write_catalog
from lulc_assets_tests.faults.range_server import serving
from lulc_assets_tests.small_scene import GRID, write_scene

pytestmark = pytest.mark.loopback

SECRET = "dont-tell-me"
AREA = tile_grid("33TVL").cut(Window(5000, 5000, 100, 100))
QUERIES = [
    f"X-Amz-Algorithm=AWS4&X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}",
    f"access_token={SECRET}",
    f"token={SECRET}",
    f"AWSAccessKeyId=a&Signature={SECRET}&Expires=1",
    f"se=2030&sp=r&sig={SECRET}",
    f"apikey={SECRET}",
    f"subscription-key={SECRET}",
    f"X-Goog-Signature={SECRET}",
]


@pytest.mark.parametrize("query", QUERIES)
def test_presigned_links_are_stored_without_their_signature(query):
    item = make_item(href="https://example.org/{name}.tif?" + query)
    policy = HrefPolicy("https://example.org/catalog.json", allow_hosts=("example.org",))
    recipe = recipe_from_item(item, "https://example.org/item.json?" + query, policy)
    assert SECRET not in json.dumps(recipe.to_dict())
    assert recipe.bands["red"].href == "https://example.org/B04.tif"
    assert SceneRecipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_a_query_that_holds_no_secret_stays():
    href = "https://example.org/a.tif?version=3&band=B04"
    assert without_secrets(href) == href
    assert without_secrets("/data/a.tif?x=1") == "/data/a.tif?x=1"


def test_messages_of_others_lose_their_links_secrets():
    text = (
        f"HTTPSConnectionPool(host='x', port=443): Max retries with url: /v1?token={SECRET} "
        f"(https://u:{SECRET}@x/a?k={SECRET})"
    )
    assert SECRET not in redacted(text)
    assert "https://x/a" in redacted(text)
    assert bare(f"https://u:{SECRET}@x:8/a?b={SECRET}#c") == "https://x:8/a"


@pytest.fixture
def presigned(tmp_path):
    """A scene whose server wants the signature that the item has now."""
    recipe = write_scene(tmp_path, dn=2345)
    with serving(tmp_path) as state:
        bands = {
            role: dataclasses.replace(asset, href=f"{state.url}/{role}.tif")
            for role, asset in recipe.bands.items()
        }
        remote = dataclasses.replace(
            recipe, bands=bands, private_network=True, signer="item",
            item_href=f"{state.url}/item.json",
        )  # fmt: skip
        yield remote, state, tmp_path / "item.json"


def write_item(path, recipe, query):
    assets = {role: {"href": f"{asset.href}?{query}"} for role, asset in recipe.bands.items()}
    path.write_text(json.dumps({"assets": assets}))


def test_the_item_is_asked_again_for_its_signature_when_pixels_are_read(presigned):
    recipe, state, item = presigned
    write_item(item, recipe, "token=first")
    with SceneReader(recipe, GRID) as reader:
        assert (reader.read_dn("red", Window(0, 0, 8, 8)).dn == 2345).all()
    assert set(state.tokens) == {"", "token=first"}
    write_item(item, recipe, "token=second")
    state.fault, state.times = "403", 1
    with SceneReader(recipe, GRID) as reader:
        assert np.isfinite(reader.read_dn("red", Window(0, 0, 8, 8)).dn).all()
    assert "token=second" in state.tokens


def test_errors_of_a_presigned_scene_do_not_show_it(presigned):
    recipe, state, item = presigned
    write_item(item, recipe, f"token={SECRET}")
    state.fault, state.only = "404", ".tif"
    with pytest.raises(LulcError) as caught:
        SceneReader(recipe, GRID).check()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("query", ["", f"?token={SECRET}"])
def test_a_catalogue_that_cannot_be_read_is_named_without_its_secrets(tmp_path, monkeypatch, query):
    monkeypatch.setattr(api_io, "BACKOFF_S", 0.0)
    with serving(tmp_path) as state:
        url = state.url.replace("//", f"//user:{SECRET}@") + "/catalog.json" + query
        with pytest.raises(CatalogError) as caught:
            search_scenes(url, "33TVL", 2020, AREA)
    assert SECRET not in str(caught.value)
    assert "user" not in str(caught.value)
    assert state.url in str(caught.value)


def test_a_password_opens_the_catalogue_and_reaches_no_recipe(tmp_path):
    items = [make_item(f"2020070{day}", href="./{name}.tif") for day in (1, 2)]
    write_catalog(tmp_path, items)
    with serving(tmp_path) as state:
        url = state.url.replace("//", f"//user:{SECRET}@") + "/catalog.json"
        found = search_scenes(url, "33TVL", 2020, AREA)
    assert [recipe.date for recipe in found.recipes] == ["2020-07-01", "2020-07-02"]
    assert SECRET not in json.dumps([recipe.to_dict() for recipe in found.recipes])
    assert all(text and text.startswith("Basic ") for text in state.credentials)
