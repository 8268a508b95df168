import numpy as np
import pandas as pd
import pytest

from lulc_assets.core.errors import InvalidSample, UnknownClass
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.sampling.interpreter_files import read_answers
from lulc_assets.core.sampling.interpreters import (
    agree,
    cohen_kappa,
    complete_sample,
    fleiss_kappa,
)

NAMES = {c.code: c.name for c in KARRA_10.classes}
IDS = [f"u{i}" for i in range(6)]


@pytest.fixture
def key(tmp_path):
    units = pd.DataFrame(
        {
            "unit_id": IDS,
            "stratum": ["trees"] * 3 + ["crops"] * 3,
            "inclusion_probability": [0.1] * 3 + [0.2] * 3,
            "primary_unit": "",
            "lon": np.linspace(14, 15, 6),
            "lat": 46.0,
        }
    )
    return SealedKey(units, SampleDesign("stratified", sample_size=6), tmp_path)


def labels(**codes):
    return pd.Series(codes, dtype=np.uint8)


def said(*codes):
    return labels(**dict(zip(IDS, codes, strict=True)))


def write(path, rows, columns=("unit_id", "reference_class")):
    pd.DataFrame(rows, columns=list(columns)).to_csv(path, index=False)
    return path


def test_cohens_kappa_by_hand():
    # 20 and 15 of 50 agree: p_o = .7, p_e = .5: the textbook example of Cohen's kappa.
    first = np.repeat([1, 1, 2, 2], [20, 5, 10, 15]).astype(np.uint8)
    second = np.repeat([1, 2, 1, 2], [20, 5, 10, 15]).astype(np.uint8)

    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_fleiss_kappa_of_the_textbook_table():
    """The usual textbook table: ten subjects, 14 raters, five categories, kappa 0.210."""
    text = """0 0 0 0 14, 0 2 6 4 2, 0 0 3 5 6, 0 3 9 2 0, 2 2 8 1 1,
              7 7 0 0 0, 3 2 6 3 0, 2 5 3 2 2, 6 5 2 1 0, 0 2 2 3 7"""
    counts = [[int(n) for n in row.split()] for row in text.split(",")]
    votes = np.stack([np.repeat(np.arange(1, 6), row) for row in counts]).astype(np.uint8)

    assert fleiss_kappa(votes) == pytest.approx(0.210, abs=5e-4)


def test_kappa_of_two_fleiss_raters_is_near_cohens_and_undefined_without_variety():
    same = np.ones((5, 2), np.uint8)

    assert np.isnan(fleiss_kappa(same))
    assert np.isnan(cohen_kappa(same[:, 0], same[:, 1]))
    assert np.isnan(cohen_kappa(same[:0, 0], same[:0, 1]))


def test_disagreement_stays_without_class_and_is_listed(key):
    consensus = agree(
        {"anna": said(2, 2, 5, 5, 0, 0), "ben": said(2, 5, 5, 5, 7, 0)}, key, names=NAMES
    )

    assert consensus.codes.tolist() == [2, 0, 5, 5, 7, 0]
    assert consensus.disputed["unit_id"].tolist() == ["u1"]
    assert consensus.disputed.loc[0, ["anna", "ben"]].tolist() == ["trees", "crops"]
    assert consensus.unlabelled == 1
    pair = consensus.pairs[0]
    assert (pair.n, pair.share) == (4, 0.75)


def test_what_was_settled_wins(key):
    consensus = agree(
        {"anna": said(2, 2, 5, 5, 5, 5), "ben": said(2, 5, 5, 5, 5, 5)},
        key,
        settled=labels(u1=7, u2=1),
        names=NAMES,
    )

    assert consensus.codes.tolist() == [2, 7, 1, 5, 5, 5]
    assert consensus.disputed.empty


def test_a_majority_rules_only_on_request(key):
    votes = {"a": said(2, 2, 2, 2, 2, 1), "b": said(2, 2, 5, 2, 2, 2), "c": said(2, 5, 7, 2, 0, 0)}

    strict, ruled = (agree(votes, key, majority=m, names=NAMES) for m in (False, True))

    assert strict.codes.tolist() == [2, 0, 0, 2, 2, 0]
    assert ruled.codes.tolist() == [2, 2, 0, 2, 2, 0]
    assert len(ruled.pairs) == 3


def test_labels_are_read_from_csv_of_collect_earth_online(key, tmp_path):
    path = write(tmp_path / "ceo.csv", [["u1", "water"], ["u3", ""]], columns=("PLOTID", "cover"))

    read = read_answers(path, key, class_column="cover").classes

    assert read.to_dict() == {"u1": 1, "u3": 0}


def test_other_vocabularies_go_through_their_crosswalk(key, tmp_path):
    path = write(tmp_path / "anna.csv", [["u1", 2], ["u2", 10]])

    assert read_answers(path, key, crosswalk="slovenian-lulc").classes.tolist() == [2, 9]


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([["u9", "water"]], InvalidSample, "row 1, column unit_id: unit 'u9' was not drawn"),
        ([["u1", "water"], ["u1", "trees"]], InvalidSample, "'u1' is labelled more than once"),
        ([["u1", "lava"]], UnknownClass, "unit 'u1': class 'lava'"),
    ],
)
def test_labels_that_do_not_fit_the_sample_are_refused(key, tmp_path, rows, error, message):
    with pytest.raises(error, match=message):
        read_answers(write(tmp_path / "anna.csv", rows), key)


def test_missing_columns_and_files_are_named(key, tmp_path):
    path = write(tmp_path / "anna.csv", [["u1", "water"]], columns=("unit_id", "class"))

    with pytest.raises(InvalidSample, match="no column reference_class; it has unit_id, class"):
        read_answers(path, key)
    nameless = write(tmp_path / "ben.csv", [["7", "water"]], columns=("id", "reference_class"))
    with pytest.raises(InvalidSample, match=r"no column unit_id \(or PLOTID\)"):
        read_answers(nameless, key)
    with pytest.raises(InvalidSample, match=r"absent\.csv"):
        read_answers(tmp_path / "absent.csv", key)
    with pytest.raises(InvalidSample, match="at least one interpreter"):
        agree({}, key, names=NAMES)


def test_the_agreed_classes_complete_the_sample(key):
    consensus = agree({"anna": said(2, 2, 0, 5, 5, 5)}, key, names=NAMES)

    sample = complete_sample(key, consensus.codes)

    assert sample.units["class_code"].tolist() == [2, 2, 0, 5, 5, 5]
    assert sample.strata().sizes == pytest.approx([15, 30])


@pytest.mark.parametrize("column", ["PLOT_ID", "pl_plotid", "plotid", "Punktnummer"])
def test_the_column_that_holds_the_sample_s_units_is_found_under_any_name(key, tmp_path, column):
    rows = [[2690001, "u1", "Water"], [2690002, "u3", ""]]
    path = write(tmp_path / "ceo.csv", rows, columns=("plot_id", column, "Land cover"))

    assert read_answers(path, key, class_column="land cover").classes.to_dict() == {
        "u1": 1,
        "u3": 0,
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_labels_are_read_as_a_spreadsheet_saves_them(key, tmp_path, encoding):
    path = tmp_path / "anna.csv"
    text = "unit_id;reference_class;note\r\n u1 ;2.0;schräg\r\nu3;1.0;\r\n;;\r\n"
    path.write_bytes(text.encode(encoding))

    assert read_answers(path, key).classes.to_dict() == {"u1": 2, "u3": 1}
