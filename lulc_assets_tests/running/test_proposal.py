"""What labels say about a legend, and the file that follows from it."""

import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from lulc_assets.core.aoi import cover_area
from lulc_assets.core.errors import LabelError, LulcError, UnknownClass
from lulc_assets.project import Project
from lulc_assets.running.labels_found import choose_legend, look_at_labels, split_labels
from lulc_assets.running.proposal import Proposal


def drawn(folder: Path, classes: list[str], column: str = "klasse", **columns: object) -> Path:
    boxes = [shapely.box(15 + i / 100, 46, 15.005 + i / 100, 46.005) for i in range(len(classes))]
    path = folder / "labels.gpkg"
    gpd.GeoDataFrame({column: classes, **columns}, geometry=boxes, crs=4326).to_file(path)
    return path


def test_the_column_follows_the_colon(tmp_path):
    path = drawn(tmp_path, ["a", "b"])
    assert split_labels(f"{path}:klasse") == (path, "klasse")
    assert split_labels(str(path)) == (path, "")


@pytest.mark.parametrize(
    ("classes", "legend"),
    [
        (["water", "trees", "crops"], "karra-10"),
        (["Permanent crop", "Annual crop", "River"], "eurosat"),
        (["Wasser", "Wald", "Mais"], "project"),
        (["1", "2", "3"], "project"),
    ],
)
def test_classes_in_words_find_their_vocabulary(tmp_path, classes, legend):
    found = look_at_labels(drawn(tmp_path, classes))
    assert choose_legend(found, "", "")[0].name == legend


def test_the_other_class_is_the_last_of_the_own_ones(tmp_path):
    found = look_at_labels(drawn(tmp_path, ["Sonstiges", "Wald", "Mais"]))
    assert found.looks_like_other == "Sonstiges"
    legend, own = choose_legend(found, "", "Sonstiges")
    assert own
    assert legend.names[-1] == "Sonstiges"
    assert [c.role for c in legend.classes] == ["land", "land", "other"]


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["Wald", "wald ", "Mais"], "two spellings"),
        (["Wald", "Wald"], "all labels are 'Wald'"),
        ([f"k{n}" for n in range(61)], "61 classes"),
        (["<b>Wald</b>", "Mais"], "must not contain"),
        (["W" * 200, "Mais"], "200 letters"),
        (["Wald", ""], "has no class"),
    ],
)
def test_classes_that_make_no_legend_are_refused_by_name(tmp_path, classes, said):
    path = drawn(tmp_path, classes)
    with pytest.raises(LulcError, match=said) as error:
        choose_legend(look_at_labels(path), "", "")
    assert "labels.gpkg" in str(error.value)


def test_a_legend_that_lacks_a_class_is_refused(tmp_path):
    found = look_at_labels(drawn(tmp_path, ["Wald", "Mais"]))
    with pytest.raises(UnknownClass, match="Mais"):
        choose_legend(found, "corine-2", "")


def test_an_ambiguous_column_is_asked_for(tmp_path):
    path = drawn(tmp_path, ["a", "b"], column="kind", owner=["x", "y"])
    with pytest.raises(LabelError, match="COLUMN"):
        look_at_labels(path)


def test_what_is_proposed_is_a_project(tmp_path):
    names = ['Wald "alt" \\', "Äcker", "Mais"]
    with pytest.raises(LulcError):
        choose_legend(look_at_labels(drawn(tmp_path, names)), "own", "")
    path = drawn(tmp_path, ["Äcker & Co"[:5], "Mais", "Wald"], year=[2023, 2023, 2024])
    labels = look_at_labels(path)
    legend, own = choose_legend(labels, "own", "")
    area = shapely.box(15, 46, 15.03, 46.01)
    proposal = Proposal(
        'A "valley"', path, cover_area(area), labels, legend, own, [2023, 2024], "https://x.org/v1"
    )
    text = proposal.to_toml(tmp_path)
    project = Project(**tomllib.loads(text), folder=tmp_path)
    assert project.name == 'A "valley"'
    assert project.legend() == legend
    assert project.mapped_years() == (2023, 2024)
    assert list(project.tiles) == [each.tile for each in proposal.tiles]


def test_columns_that_are_obeyed_are_named_in_the_file(tmp_path):
    path = drawn(tmp_path, ["Mais", "Wald"], year=[2023, 2023], tile=["33TVM"] * 2, owner=["x"] * 2)
    labels = look_at_labels(path, "klasse")
    assert labels.obeyed == ("year", "tile")
    legend, own = choose_legend(labels, "own", "")
    area = cover_area(shapely.box(15, 46, 15.03, 46.01))
    text = Proposal("v", path, area, labels, legend, own, [2023], "https://x.org/v1").to_toml(
        tmp_path
    )
    assert "# column year of the file: a label counts in its year only" in text
    assert "# column tile of the file:" in text
    assert "owner" not in text


@pytest.mark.parametrize(
    ("labelled", "mapped", "trained"),
    [([2021], [2023], [2021]), ([2021, 2023], [2023, 2024], [2023]), ([], [2023], [2023])],
)
def test_training_takes_years_that_labels_are_of(tmp_path, labelled, mapped, trained):
    columns = {"year": [labelled[0], labelled[-1]]} if labelled else {}
    labels = look_at_labels(drawn(tmp_path, ["Mais", "Wald"], **columns))
    legend, own = choose_legend(labels, "own", "")
    area = cover_area(shapely.box(15, 46, 15.03, 46.01))
    proposal = Proposal("v", labels.path, area, labels, legend, own, mapped, "https://x.org/v1")
    project = Project(**tomllib.loads(proposal.to_toml(tmp_path)), folder=tmp_path)
    assert list(project.training.years) == trained
