import pytest

from lulc_assets.core.errors import InvalidSample, LabelError
from lulc_assets.core.tables.csv_file import read_csv
from lulc_assets.core.tables.csv_output import defuse, defuse_frame

LINES = "unit_id;class;note\nu1;Wälder;ä\nu2;Äcker;\n"


@pytest.fixture
def read(tmp_path):
    def run(data):
        path = tmp_path / "table.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_csv(path)

    return run


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        "\ufeff" + LINES,
        LINES.encode("cp1252"),
        LINES.encode("utf-16"),
        LINES.replace(";", "\t"),
        LINES.replace(";", "|"),
        LINES.replace(";", ","),
        LINES.replace("\n", "\r"),
        "sep=;\r\n" + LINES,
        '"sep=;"\n' + LINES,
        "# made by a program\n\n" + LINES,
        LINES + ";;\n;;\n\n",
        LINES.replace("ä", "a\u0308").replace("Ä", "A\u0308"),
        LINES.replace("u1", "\u00a0u1 ").replace("\n", ";;;\n"),
    ],
)
def test_one_table_is_read_from_what_programs_make_of_it(read, data):
    frame = read(data).frame()

    assert frame.columns.tolist() == ["unit_id", "class", "note"]
    assert frame["unit_id"].tolist() == ["u1", "u2"]
    assert frame["class"].tolist() == ["Wälder", "Äcker"]


def test_a_title_with_a_comma_and_decimal_commas_do_not_hide_the_semicolon(read):
    table = read("class;area, ha\nforest;12,5\nwater, still;1,5\n")

    assert table.delimiter == ";"
    assert table.lines[2] == ["water, still", "1,5"]


def test_cells_of_several_lines_count_the_lines_of_the_file(read):
    table = read('id,note\n1,"two\nlines"\n2,x\n')

    assert table.places == [1, 3, 4]


@pytest.mark.parametrize("encoding", ["cp1251", "gbk", "utf-16-le"])
def test_text_in_an_encoding_that_nothing_names_is_refused(read, encoding):
    text = "класс;ha\nлес;1\n" if encoding == "cp1251" else "类别;ha\n森林;1\n"

    with pytest.raises(InvalidSample, match=r"table\.csv: cannot be read .*Save it as CSV UTF-8"):
        read(text.encode(encoding))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel"),
        (b"%PDF-1.7\n1,2\n", "a PDF"),
        (b"SQLite format 3\0", "GeoPackage"),
        ("\ufeff\n<!DOCTYPE html><title>Log in</title>", "a web page"),
        ('<?xml version="1.0"?>\n<Workbook>', "XML"),
    ],
)
def test_what_is_no_text_and_is_called_csv_is_named(read, data, what):
    with pytest.raises(InvalidSample, match=rf"table\.csv: .*{what}.*Save it as CSV UTF-8"):
        read(data)


def test_a_line_that_is_too_long_and_a_double_title_are_named(read):
    with pytest.raises(InvalidSample, match=r"table\.csv, line 3: 3 cells"):
        read("a,b\n1,2\n1,2,3\n").frame()
    with pytest.raises(InvalidSample, match="column 'a' occurs more than once"):
        read("a,a\n1,2\n").frame()


def test_a_missing_file_is_refused_with_the_callers_error(tmp_path):
    with pytest.raises(LabelError, match=r"absent\.csv"):
        read_csv(tmp_path / "absent.csv", LabelError)


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+cmd", "-cmd", "\tx"])
def test_names_never_become_formulas_and_come_back_as_they_were(read, tmp_path, name):
    assert defuse(name) == "'" + name
    assert defuse(-1.5) == -1.5
    assert defuse("-1.5") == "-1.5"
    path = tmp_path / "out.csv"
    defuse_frame(read(f"zone;n\n{name.strip()};1\n").frame()).to_csv(path, index=False)

    assert read_csv(path).frame()["zone"].tolist() == [name.strip()]
