import pytest

from lulc_assets.core.tables.orientation import is_called_reference, read_orientation


@pytest.mark.parametrize(
    ("comments", "lines"),
    [
        (["Reference labels (rows):1,2", "Produced labels (columns):1,2"], "reference"),
        (["Columns=prediction,Lines=reference."], "reference"),
        (["rows = map classes; columns = reference"], "map"),
        (["Zeilen: Karte, Spalten: Referenz"], "map"),
        (["made on a Tuesday"], ""),
        ([], ""),
    ],
)
def test_comments_say_whose_classes_the_lines_are(comments, lines):
    assert read_orientation(comments).lines == lines


def test_comments_may_list_the_classes():
    told = read_orientation(["Reference labels (rows):1,2,3", "Produced labels (columns):1,2"])

    assert (told.line_names, told.column_names) == (("1", "2", "3"), ("1", "2"))


@pytest.mark.parametrize(
    ("corner", "reference"),
    [("reference", True), ("Ground truth", True), ("map", False), ("map \\ reference", False),
     ("", False), ("Klasse", False)],
)  # fmt: skip
def test_a_corner_may_name_the_reference(corner, reference):
    assert is_called_reference(corner) == reference
