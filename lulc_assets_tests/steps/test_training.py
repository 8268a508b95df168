"""A training run that dies goes on in the next run, and cleans up behind itself."""

import pytest

from lulc_assets.project import load_project
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench


class Died(Exception):
    pass


def test_the_next_run_goes_on_where_the_last_one_died(copied):
    text = copied.read_text().replace("max_chip_views = 160", "max_epochs = 2\nseed = 3")
    copied.write_text(text)
    project = load_project(copied)

    def die(_done: int, _total: int, what: str) -> None:
        if "epoch 2 of" in what:
            raise Died

    with pytest.raises(Died):
        make_lulc_model(Workbench(project, project.open_store(), die))
    (left,) = (copied.parent / ".training").iterdir()
    assert (left / "checkpoint.json").is_file()

    said: list[str] = []
    work = Workbench(project, project.open_store(), lambda _d, _t, what: said.append(what))
    record = make_lulc_model(work)
    assert record.properties.epochs == 2
    assert not [what for what in said if "epoch 1 of" in what]
    assert not list((copied.parent / ".training").iterdir())
