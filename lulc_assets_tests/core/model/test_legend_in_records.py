import json

import pytest
import torch

from lulc_assets.core.errors import BundleError
from lulc_assets.core.legends import BUILTIN, ClassEntry, build_legend
from lulc_assets.core.model.artifacts import legend_from_dict, legend_to_dict
from lulc_assets.core.model.calibration import Calibration

MINE = build_legend(
    "mine",
    [
        ClassEntry("Mais", parent="Acker", source="7"),
        ClassEntry("Weizen", parent="Acker"),
        ClassEntry("Sonstiges", role="other"),
        ClassEntry("sky", role="cloud"),
        ClassEntry("Acker"),
    ],
)


@pytest.mark.parametrize("legend", [*BUILTIN.values(), MINE], ids=lambda legend: legend.name)
def test_a_legend_comes_back_from_a_record_as_it_was(legend):
    assert legend_from_dict(json.loads(json.dumps(legend_to_dict(legend)))) == legend


def test_the_default_legend_is_written_as_it_always_was():
    first = legend_to_dict(BUILTIN["karra-10"])["classes"][-1]
    assert first == {"code": 10, "name": "clouds", "title": "Clouds", "color": "#616161"}


def test_a_changed_role_is_noticed():
    record = legend_to_dict(MINE)
    del record["classes"][-1]["role"]
    with pytest.raises(BundleError, match="digest"):
        legend_from_dict(record)


def test_a_class_that_was_never_taught_does_not_win():
    silent = Calibration((0.5, 0.0, -1.0), 2.0).silencing([False, True, False])
    logits = torch.tensor([0.0, 18.0, 1.0])[None, :, None, None]
    assert silent.apply(logits).argmax(1).item() == 0
    assert silent.bias[::2] == (0.5, -1.0)
