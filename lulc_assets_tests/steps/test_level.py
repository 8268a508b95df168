"""A model of one processing level refuses scenes of another."""

import shutil

import pytest

from lulc_assets.core.errors import AllScenesFailed
from lulc_assets.core.store.keys import TileYear
from lulc_assets.demo.projects import SLOVENIA_TILE, SLOVENIA_YEAR, write_slovenian_project
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets_tests.tiny_project import open_work


@pytest.mark.real_data
def test_an_l2a_bundle_refuses_l1c_scenes_with_the_reason(finished, real_data, tmp_path):
    work = open_work(write_slovenian_project(tmp_path, real_data / "slovenia_2015"))
    for part in ("model_bundle", "records"):
        shutil.copytree(finished.parent / "store" / part, tmp_path / "store" / part)
    key = TileYear(SLOVENIA_TILE, SLOVENIA_YEAR)
    make_scene_catalog(work, key)
    (batch,) = plan_batches(work, key)
    result = predict_batch(work, batch)
    assert len(result.outcomes) == 3
    assert all("IncompatibleScene" in outcome.error for outcome in result.outcomes)
    assert all("L1C" in outcome.error and "L2A" in outcome.error for outcome in result.outcomes)
    with pytest.raises(AllScenesFailed, match="33TVL 2015"):
        commit_predictions(work, key, [result])
