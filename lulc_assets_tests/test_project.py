"""The project file: good ones load, wrong ones say what is wrong."""

import pytest

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.scene.bands import SIX
from lulc_assets.core.store.local import LocalStore
from lulc_assets.demo.projects import write_slovenian_project
from lulc_assets.project import load_project

GOOD = """
name = "demo"
[catalog]
location = "archive/catalog.json"
[tiles.33TVM]
window = [100, 9200, 64, 96]
[regions.both]
tiles = ["33TVM"]
samples.2022 = { points = "s.gpkg", design = "s.json" }
[labels]
path = "labels.gpkg"
class_column = "class_name"
crosswalk = "karra-10"
[training]
tiles = ["33TVM"]
years = [2022]
[chips]
size_px = 64
"""


def write(tmp_path, text):
    path = tmp_path / "project.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_good_file_gives_grids_paths_and_settings(tmp_path):
    project = load_project(write(tmp_path, GOOD))
    grid = project.grid_of("33TVM")
    assert grid.shape == (64, 96)
    assert (grid.epsg, grid.x0) == (32633, 399960 + 92_000)
    assert project.chips.size_px == 64
    assert project.label_source().path == str(tmp_path / "labels.gpkg")
    assert isinstance(project.open_store(), LocalStore)
    assert project.regions_of("33TVM") == ("both",)
    assert project.training_partitions() == (("33TVM", 2022),)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("33TVM]", "33TIM]", "33TIM"),
        ("[100, 9200, 64, 96]", "[100, 10900, 64, 96]", "beyond the tile"),
        ('tiles = ["33TVM"]\nyears', 'tiles = ["33TWM"]\nyears', "33TWM"),
        ("years = [2022]", "years = [2014]", "2014"),
        ("size_px = 64", "size_px = 50", "chip size 50 px"),
        ("size_px = 64", "size = 64", "size"),
        ('name = "demo"', 'name = "demo', "not TOML"),
        (
            '"karra-10"',
            '"kara"',
            r"labels\.crosswalk: no crosswalk is called 'kara'",
        ),
        ("[regions.both]", '[regions."küste"]', "regions.küste: a region's name is part of file"),
        ("[regions.both]", '[regions."a|b"]', r"regions\.a\|b: a region's name"),
        ('name = "demo"', "", "name is missing"),
        (
            'name = "demo"',
            'name = "demo"\nowners = ["anna"]',
            "owners: 'anna' is neither",
        ),
        ('name = "demo"', 'name = "demo"\nrunning = "soon"', "running = 'soon'"),
        ('name = "demo"', 'nmae = "demo"', "nmae is not a setting; did you mean name?"),
        (
            "size_px = 64",
            "sizepx = 64",
            r"chips\.sizepx is not a setting; did you mean chips\.size_px",
        ),
        ("window = [100", "windwo = [100", r"did you mean tiles\.33TVM\.window"),
        ("points =", "pionts =", r"regions\.both\.samples\.2022\.pionts is not a setting; did you"),
        ("size_px = 64", "xyz = 64", r"chips\.xyz is not a setting; known here: size_m, "),
        ("years = [2022]", 'years = ["soon"]', r"training\.years\.0 = 'soon': input should be"),
        ("[100, 9200, 64, 96]", "[100, 9200, 0, 96]", "is empty; it is row, column, height"),
        ("[chips]", '[composite]\nseasons = "fifths"\n[chips]', "seasons = 'fifths': input should"),
    ],
)
def test_a_wrong_value_is_named_with_the_file(tmp_path, old, new, named):
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InvalidProject, match=named) as caught:
        load_project(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidProject, match=r"nowhere\.toml cannot be read"):
        load_project(tmp_path / "nowhere.toml")


def test_a_project_of_hls_has_tiles_of_30_m(tmp_path):
    file = write_slovenian_project(tmp_path, tmp_path)
    text = file.read_text()
    catalog = '[catalog]\ncollection = "hls2-s30"\n'
    window = text[text.index("window = ") : text.index("\n", text.index("window = "))]
    file.write_text(text.replace("[catalog]\n", catalog).replace(window, ""))
    grid = load_project(file).grid_of("33TVL")
    assert (grid.pixel_m, grid.shape) == (30, (3660, 3660))


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("", ("water", "trees", "grass")),
        ('[legend]\nbuiltin = "dynamic-world"', ("water", "trees", "grass")),
        ('[legend]\nfile = "ours.csv"', ("Wald", "Mais")),
        (
            '[[legend.classes]]\nname = "Wald"\ncolour = "#00FF00"\n'
            '[[legend.classes]]\nname = "Rest"\nrole = "other"',
            ("Wald", "Rest"),
        ),
    ],
)
def test_a_project_has_a_legend_of_the_package_a_file_or_its_own(tmp_path, section, names):
    (tmp_path / "ours.csv").write_text("name\nWald\nMais\n")
    text = GOOD.replace('crosswalk = "karra-10"\n', "") + section
    project = load_project(write(tmp_path, text))
    assert project.legend().names[: len(names)] == names
    assert project.label_source().legend == project.legend()


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ('[legend]\nbuiltin = "globcover"', "no legend is called 'globcover'"),
        ('[legend]\nbuiltin = "io-9"\nfile = "ours.csv"', "builtin and file exclude each other"),
        ('[legend]\nfile = "none.csv"', "none.csv cannot be read"),
        ('[legend]\nbuildin = "io-9"', "did you mean legend.builtin"),
        ('[[legend.classes]]\nname = "a"', "1 classes; between 2 and 60"),
        ('[[legend.classes]]\nname = "a"\nrole = "sea"', "role = 'sea'"),
        ('[[legend.classes]]\nname = "a"\n[[legend.classes]]\nname = "b"', "leads to none of"),
        ('[bands]\nuse = "seven"', "no set is called 'seven'; known: rgb, six, ten"),
        ('[bands]\nuse = ["red", "B99"]', "no band is called 'B99'"),
        ('[bands]\nuse = ["red", "B04"]', "red given twice"),
        ("[bands]\nuse = []", "bands: none"),
    ],
)
def test_a_legend_or_bands_that_cannot_be_are_refused_by_key(tmp_path, section, named):
    with pytest.raises(InvalidProject, match=named):
        load_project(write(tmp_path, GOOD + section))


def test_bands_go_by_set_common_name_or_number(tmp_path):
    assert load_project(write(tmp_path, GOOD)).bands() == SIX
    ten = load_project(write(tmp_path, GOOD + '[bands]\nuse = "ten"'))
    assert ten.bands()[:6] == SIX
    assert len(ten.bands()) == 10
    named = load_project(write(tmp_path, GOOD + '[bands]\nuse = ["B04", "swir16", "nir08"]'))
    assert named.bands() == ("red", "swir1", "nir08")


def test_weights_of_classes_that_the_legend_lacks_are_refused(tmp_path):
    text = GOOD.replace('crosswalk = "karra-10"\n', "") + '[legend]\nbuiltin = "corine-1"\n'
    load_project(write(tmp_path, text))
    with pytest.raises(InvalidProject, match="class 'grass' is not in legend corine-1"):
        load_project(write(tmp_path, text + "[composite]\nweights_256 = { grass = 300 }"))


def test_a_project_file_may_have_a_byte_order_mark_and_must_be_utf_8(tmp_path):
    path = tmp_path / "project.toml"
    text = 'name = "Küste"\n'
    for encoding in ("cp1252", "utf-16"):
        path.write_bytes(text.encode(encoding))
        with pytest.raises(InvalidProject, match=r"project\.toml is in .*save it as UTF-8"):
            load_project(path)
    path.write_bytes(text.encode("utf-8-sig"))
    with pytest.raises(InvalidProject, match=r"project\.toml: catalog is missing"):
        load_project(path)
