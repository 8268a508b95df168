"""Hidden odds and patches: what makes the archive hard."""

import numpy as np
import pytest
import rasterio

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.archive.canvas import make_canvases
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.truth import CERTAINTY_SCALE
from lulc_assets.simulation.archive.write import ArchivePaths
from lulc_assets.simulation.world.change import make_history
from lulc_assets.simulation.world.communities import draw_stand, patches
from lulc_assets.simulation.world.ground import Ground
from lulc_assets.simulation.world.landscape import make_landscape
from lulc_assets.simulation.world.parcels import LOOKS_LIKE
from lulc_assets.simulation.world.spectra import class_of_kind, kind_code
from lulc_assets_tests.simulation.tiny_archive import tiny_spec


@pytest.fixture(scope="module")
def ground() -> Ground:
    spec = tiny_spec(seed=6, size_px=384)
    landscape = make_landscape(make_canvases(spec)[0].grid, 6)
    return make_history(landscape, (2022,), 6).of_year(2022)


def test_patches_cover_the_share_that_is_asked_for():
    numbers = patches(np.random.default_rng(1), (600, 600), 6)
    for share in (0.1, 0.3, 0.7):
        assert (numbers < share).mean() == pytest.approx(share, abs=0.02)


def test_the_stated_certainty_of_a_stand_is_the_rate_at_which_the_best_guess_is_right():
    rng = np.random.default_rng(2)
    score = np.repeat(np.linspace(-2, 2, 900, dtype=np.float32)[None, :], 900, axis=0)
    stand = draw_stand(rng, score, 1.0, 6)
    right = np.where(score > 0, stand.first, ~stand.first)
    for part in np.array_split(np.arange(900), 5):
        stated, found = stand.certainty[:, part].mean(), right[:, part].mean()
        assert found == pytest.approx(stated, abs=0.02)


def test_a_pixel_alone_names_its_class_on_about_three_of_four(ground: Ground):
    named = class_of_kind()[ground.look] == ground.land_class
    assert 0.68 < named.mean() < 0.88
    for land in (C.TREES, C.GRASS, C.SCRUB, C.BUILT_AREA):
        assert 0.4 < named[ground.land_class == land].mean() < 0.93


def test_leys_look_like_meadows_and_stay_crops(ground: Ground):
    leys = ground.kind == kind_code("fodder")
    assert leys.any()
    assert not (ground.look[leys] == kind_code("fodder")).any()
    assert (ground.look[leys] == kind_code("meadow")).mean() > 0.6
    assert (ground.land_class[leys] == C.CROPS).all()
    assert (ground.certainty[leys] < 1).all()
    assert LOOKS_LIKE[kind_code("fodder")] == kind_code("meadow")


def test_only_a_part_of_the_ground_is_uncertain_and_never_below_a_half(ground: Ground):
    assert ground.certainty.min() >= 0.5 and ground.certainty.max() <= 1.0
    assert 0.03 < (ground.certainty < 0.95).mean() < 0.3


def test_certainty_is_written_beside_the_classes(pair: ArchiveSpec, pair_archive: ArchivePaths):
    for area in pair.tiles:
        path = pair_archive.truth / area.tile / "2022" / "certainty.tif"
        with rasterio.open(path) as source:
            stored = source.read(1)
        assert stored.shape == area.grid.shape
        assert stored.min() >= CERTAINTY_SCALE / 2 and stored.max() == CERTAINTY_SCALE


def test_with_less_patchiness_a_pixel_alone_says_more():
    grid = make_canvases(tiny_spec(seed=6, size_px=192))[0].grid
    named = []
    for patchiness in (0.0, 0.5, 1.0):
        first = make_landscape(grid, 6, patchiness).first
        named.append((class_of_kind()[first.look] == first.land_class).mean())
    assert named[0] > named[1] + 0.02 > named[2] + 0.04
