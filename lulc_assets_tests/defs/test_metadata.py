"""What people see of a product in the UI."""

from lulc_assets.core.store.records import Basis, make_record
from lulc_assets.defs.metadata import metadata_of
from lulc_assets.steps.properties import CandidateScene, CatalogProperties


def test_figures_come_before_lists_and_files_last():
    scenes = (CandidateScene("a", True, "clear"), CandidateScene("b", False, "cloudy"))
    properties = CatalogProperties(2, 1, scenes, "abc")
    record = make_record("scene_catalog/33TVM/2023", Basis(1), {}, properties)
    # Without a picture no file of the product is opened.
    shown = metadata_of(None, record)
    assert list(shown) == [
        "candidates",
        "selected",
        "seen",
        "selection",
        "scenes",
        "record",
        "made_from",
        "files",
    ]
    assert shown["scenes"].value == 2
