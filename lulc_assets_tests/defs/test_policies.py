"""What people see of a product in the UI."""

from lulc_assets.core.store.records import Record
from lulc_assets.defs.policies import metadata_of


def test_figures_come_before_lists_and_files_last():
    record = Record(
        "annual_map/33TVM/2023",
        {},
        properties={"scenes": ["a", "b"], "no_data_pct": 0.1, "failed_scenes": {}, "datatakes": 2},
    )
    # Without a picture no file of the product is opened.
    shown = list(metadata_of(None, record))
    assert shown == [
        "no_data_pct",
        "datatakes",
        "scenes",
        "failed_scenes",
        "record",
        "files",
    ]
