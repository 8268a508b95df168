import pytest

from lulc_assets.core.errors import InvalidLegend
from lulc_assets.core.legends import read_legend

QML_VECTOR = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.34"><renderer-v2 type="categorizedSymbol" attr="class">
<categories>
<category symbol="0" value="10" label="Wasser" render="true"/>
<category symbol="1" value="20" label="Wald &amp; Busch" render="true"/>
<category symbol="2" value="" label="" render="true"/>
</categories><symbols>
<symbol name="0" type="fill"><layer><Option type="Map">
<Option name="color" value="65,155,223,255" type="QString"/></Option></layer></symbol>
<symbol name="1" type="fill"><layer><prop k="color" v="57,125,73,255"/></layer></symbol>
<symbol name="2" type="fill"/>
</symbols></renderer-v2></qgis>"""

QML_RASTER = """<qgis><pipe><rasterrenderer type="paletted"><colorPalette>
<paletteEntry value="1" color="#419bdf" label="water" alpha="255"/>
<paletteEntry value="2" color="#397d49" label="trees" alpha="255"/>
</colorPalette></rasterrenderer></pipe></qgis>"""


def write(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def told(legend):
    return [(c.name, c.color, c.source) for c in legend.classes]


def test_a_table_gives_titles_groups_and_roles(tmp_path):
    path = write(
        tmp_path,
        "ours.csv",
        "Code;Name;Title;Colour;Parent;Role\n"
        "7;maize;Maize;#E49635;crops;\n8;wheat;;;crops;\n9;rest;;;;other\n;crops;Crops;;;\n\n",
    )
    legend = read_legend(path)
    assert legend.name == "ours"
    assert [(c.name, c.title, c.parent, c.role, c.source) for c in legend.classes] == [
        ("maize", "Maize", "crops", "land", "7"),
        ("wheat", "Wheat", "crops", "land", "8"),
        ("rest", "Rest", "", "other", "9"),
    ]
    assert [group.title for group in legend.groups] == ["Crops"]


def test_styles_of_qgis_give_labels_and_colours(tmp_path):
    text = QML_VECTOR.replace("&amp;", "und")
    vector = read_legend(write(tmp_path, "vector.qml", text))
    assert told(vector) == [("Wasser", "#419BDF", "10"), ("Wald und Busch", "#397D49", "20")]
    raster = read_legend(write(tmp_path, "raster.qml", QML_RASTER))
    assert told(raster) == [("water", "#419BDF", "1"), ("trees", "#397D49", "2")]


def test_colour_tables_of_esri_and_of_qgis_are_read(tmp_path):
    esri = read_legend(write(tmp_path, "a.clr", "1 65 155 223 Water body\n2 57 125 73 trees\n"))
    assert told(esri) == [("Water body", "#419BDF", "1"), ("trees", "#397D49", "2")]
    qgis = read_legend(
        write(
            tmp_path,
            "b.clr",
            "# QGIS Generated Color Map Export File\nINTERPOLATION:EXACT\n"
            "1,65,155,223,255,Water body\n2,57,125,73,255,trees\n",
        )
    )
    assert told(qgis) == told(esri)


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("a.csv", "title\nWater\n", "no column name"),
        ("a.csv", "", "no column name"),
        ("a.csv", "name\n", "holds no class"),
        ("a.csv", "name,title\na,b,c\n", "line 2: 3 cells under 2 columns"),
        ("a.csv", "name\nWald\nwald\n", "a.csv: .*one name in two spellings"),
        ("a.qml", "<qgis>", "is not a QGIS style"),
        ("a.qml", "<qgis/>", "holds no class"),
        ("a.qml", QML_VECTOR, "must not contain &"),
        ("a.clr", "1 65 155\n", "line 1: '1 65 155' is not value, red"),
        ("a.clr", "1 65 155 999 x\n", "999 is not a colour"),
        ("a.txt", "name\n", "not one of .csv, .qml, .clr"),
    ],
)
def test_a_file_that_is_no_legend_is_refused_by_name_and_line(tmp_path, name, text, named):
    with pytest.raises(InvalidLegend, match=named):
        read_legend(write(tmp_path, name, text))


def test_a_missing_file_and_one_that_is_not_utf_8_are_refused(tmp_path):
    with pytest.raises(InvalidLegend, match="cannot be read"):
        read_legend(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("name\nGewässer\n".encode("latin-1"))
    with pytest.raises(InvalidLegend, match="not UTF-8"):
        read_legend(tmp_path / "latin.csv")
