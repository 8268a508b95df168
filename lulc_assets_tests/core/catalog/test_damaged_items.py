"""Items with one value replaced by nonsense: a recipe or a named error, never a traceback."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lulc_assets.core.catalog.items import recipe_from_item, require_epsg
from lulc_assets.core.catalog.known_dialects import find_dialect
from lulc_assets.core.errors import SceneError
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.scene.recipe import SceneRecipe

NONSENSE = st.sampled_from(
    [None, 3, -1, 1e308, float("nan"), True, "", "x", "\x00", [], [None], {}, {"a": 1}, ["<VRT>"]]
)


def paths_of(value, path=()):
    """Every place in a document: dictionary keys and list positions."""
    yield path
    children = value.items() if isinstance(value, dict) else ()
    children = enumerate(value) if isinstance(value, list) else children
    for key, child in children:
        yield from paths_of(child, (*path, key))


def replaced(document, path, value):
    if not path:
        return value
    result = copy.deepcopy(document)
    place = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


@pytest.fixture(scope="module")
def items(real_data):
    found = []
    for file in sorted((real_data / "stac_items").rglob("*.json")):
        document = json.loads(file.read_text())
        if document["type"] == "Feature":
            # Assets that no recipe uses would take most of the draws.
            names = {name for name, _ in find_dialect(document).assets.values()}
            document["assets"] = {n: a for n, a in document["assets"].items() if n in names}
            found.append((document, str(file), list(paths_of(document))))
    return found


@pytest.mark.real_data
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), nonsense=NONSENSE)
def test_a_damaged_item_is_refused_by_name_or_read(items, data, nonsense):
    document, file, paths = data.draw(st.sampled_from(items), label="item")
    path = data.draw(st.sampled_from(paths), label="place")
    damaged = replaced(document, path, copy.deepcopy(nonsense))
    try:
        recipe = recipe_from_item(damaged, file, HrefPolicy(file))
        require_epsg(damaged, 32633)
    except SceneError as error:
        assert str(error)
        return
    assert SceneRecipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
