from pathlib import Path

import pytest

from lulc_assets.core.crosswalks import CROSSWALKS, find_crosswalk, read_crosswalk
from lulc_assets.core.errors import LabelError, UnknownClass
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import BUILTIN, ClassEntry, build_legend, propose_legend


@pytest.mark.parametrize("crosswalk", CROSSWALKS.values(), ids=list(CROSSWALKS))
def test_every_pair_leads_into_the_legend_once_and_none_means_unlabelled(crosswalk):
    sources = [entry.source for entry in crosswalk.entries]
    assert len(set(sources)) == len(sources)
    for entry in crosswalk.entries:
        assert entry.target in {0, *KARRA_10.codes}
        if entry.relation == "none":
            assert entry.target == 0, entry
        if entry.relation in ("exact", "narrower"):
            assert entry.target > 0, entry


@pytest.mark.parametrize(
    ("name", "values", "codes"),
    [
        ("karra-10", ["water", "Water", 1, "10"], [1, 1, 1, 10]),
        ("io-9", [2, 11, 5.0], [2, 0, 5]),
        ("dynamic-world", [0, "trees", 5], [1, 2, 6]),
        ("worldcover", [10, 80, 95, 100], [2, 1, 4, 0]),
        ("corine", ["311", "31", 1, 213, "Pastures", 141], [2, 2, 7, 4, 3, 0]),
        ("corine-raster", [23, 44, 1, 48], [2, 1, 7, 0]),
        ("urban-atlas", ["12220", 31000, "14100", "Water"], [7, 2, 0, 1]),
        ("eurosat", ["SeaLake", "AnnualCrop", "HerbaceousVegetation"], [1, 5, 0]),
        ("slovenian-lulc", [0, 8, "artificial surface", "no data"], [0, 7, 7, 0]),
    ],
)
def test_vocabularies_translate_by_code_and_by_name(name, values, codes):
    assert find_crosswalk(name).translate(values).tolist() == codes


def test_published_nomenclatures_are_whole():
    level_3 = [e for e in find_crosswalk("corine").entries if len(e.source) == 3]
    assert len(level_3) == 44
    assert len(find_crosswalk("urban-atlas").entries) == 27
    assert len(find_crosswalk("eurosat").entries) == 10


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(UnknownClass, match=r"worldcover.*CSV"):
        find_crosswalk("globcover")


def test_a_team_s_own_table_is_read(tmp_path: Path):
    path = tmp_path / "ours.csv"
    path.write_text(
        "source,title,target,relation\nR1,Reed bed,flooded_vegetation,narrower\nX,?,,none\n"
    )
    crosswalk = find_crosswalk(str(path))
    assert crosswalk.translate(["R1", "Reed bed", "X"]).tolist() == [4, 4, 0]
    assert crosswalk.entries_of(["R1"])[0].relation == "narrower"


@pytest.mark.parametrize(
    ("row", "error", "named"),
    [
        ("R1,Reed,reeds,exact", UnknownClass, r"line 2.*'reeds'"),
        ("R1,Reed,trees,same", LabelError, "line 2: 'same' is not one of exact"),
        (",Reed,trees,exact", LabelError, "line 2: source is empty"),
        ("R1,a,trees,exact\nR1,b,water,exact", LabelError, "line 3: 'R1' occurs twice"),
        ("R1,a,trees", LabelError, "line 2: no relation"),
        ("", LabelError, "has no entry"),
    ],
)
def test_a_wrong_table_is_named_with_its_line(tmp_path: Path, row, error, named):
    path = tmp_path / "ours.csv"
    path.write_text(f"source,title,target,relation\n{row}\n")
    with pytest.raises(error, match=named):
        read_crosswalk(path)


@pytest.mark.parametrize("legend", BUILTIN.values(), ids=list(BUILTIN))
def test_a_legend_s_own_classes_need_no_crosswalk(legend):
    own = find_crosswalk("", legend)
    assert own.translate(legend.names).tolist() == list(legend.codes)
    sources = [c.source or str(c.code) for c in legend.classes]
    assert own.translate(sources).tolist() == list(legend.codes)


@pytest.mark.parametrize(
    ("legend", "crosswalk", "values", "names"),
    [
        ("worldcover", "worldcover", [10, 95, 0], ["tree_cover", "mangroves", ""]),
        ("corine-3", "corine-raster", [1, 44], ["continuous_urban_fabric", "sea_and_ocean"]),
        ("corine-2", "corine", ["311", 31, 3], ["forests", "forests", ""]),
        ("corine-1", "corine-raster", [1, 41, 48], ["artificial_surfaces", "water", ""]),
        ("urban-atlas", "urban-atlas", ["50000", "Water"], ["water", "water"]),
        ("slovenian-lulc", "worldcover", [80, 20], ["water", ""]),
    ],
)  # fmt: skip
def test_a_vocabulary_leads_into_its_own_legend_whole_and_into_others_by_name(
    legend, crosswalk, values, names
):
    legend = BUILTIN[legend]
    codes = find_crosswalk(crosswalk, legend).translate(values)
    assert [legend.by_code(c).name if c else "" for c in codes] == names


def test_a_vocabulary_without_a_class_of_the_legend_is_refused():
    mine = propose_legend("mine", ["Wald", "Mais"])
    with pytest.raises(UnknownClass, match="leads to none of the classes of legend mine"):
        find_crosswalk("worldcover", mine)


def test_a_group_alone_is_left_unlabelled_and_spelling_does_not_matter():
    entries = [ClassEntry("maize", parent="crops"), ClassEntry("Wäld"), ClassEntry("crops")]
    own = find_crosswalk("", build_legend("mine", entries))
    values = ["maize", "MAIZE ", "crops", "Wa\u0308ld", "wäld"]
    assert own.translate(values).tolist() == [1, 1, 0, 2, 2]


def test_a_table_leads_into_the_project_s_legend(tmp_path: Path):
    path = tmp_path / "ours.csv"
    path.write_text("source,title,target,relation\n1,Forst,Wald,exact\n2,See,water,exact\n")
    mine = propose_legend("mine", ["Wald", "Mais"])
    with pytest.raises(UnknownClass, match=r"line 3: class 'water' is not in legend mine"):
        find_crosswalk(str(path), mine)
