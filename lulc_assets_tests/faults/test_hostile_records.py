"""Commit records as somebody with access to the bucket could write them.

Before, the name of a file in a record was taken as it stood: checking a bundle out made a symlink
at any place of the machine, to content of the writer's choice.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.local import LocalStore
from lulc_assets.steps.product import Product
from lulc_assets.steps.workbench import Made, Workbench


@dataclass(frozen=True)
class Note:
    """Properties of a product that only this test makes."""

    text: str


NOTE = Product("note", 1, Whole, Note)


@pytest.mark.parametrize(
    "name",
    ["{outside}/usercustomize.py", "../escaped.txt", "a/../../escaped.txt", "..", "", "a\\b", "\0"],
)
def test_a_file_of_a_record_is_checked_out_nowhere_else(tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    work = Workbench(SimpleNamespace(), LocalStore(tmp_path / "store"))
    content = tmp_path / "content.txt"
    content.write_text("import os")
    work.step(NOTE, Whole()).make(None, lambda _: Made({"content.txt": content}, Note("x")))
    assert work.check_out(work.read(NOTE, Whole()), tmp_path / "kept").is_dir()
    path = tmp_path / "store" / "note" / "record.json"
    hostile = name.format(outside=outside).replace("\\", "\\\\").replace("\0", "\\u0000")
    path.write_text(path.read_text().replace('"content.txt":', f'"{hostile}":'))
    assert hostile in path.read_text()
    with pytest.raises(ProductCorrupt, match="not a plain name"):
        work.check_out(work.read(NOTE, Whole()), tmp_path / "work" / "bundle")
    assert not list(outside.iterdir())
    assert not (tmp_path / "work").exists()
