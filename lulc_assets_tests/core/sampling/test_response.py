import geopandas
import numpy as np
import pandas as pd
import pytest

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.sampling.gathering import gather
from lulc_assets.core.sampling.interpreter_files import read_answers
from lulc_assets.core.sampling.response import ResponseDesign
from lulc_assets.core.sampling.sample import read_sample, write_sample

ASKED = {
    "definitions": {"trees": "0.5 ha, 5 m high, 30 % canopy cover"},
    "minimum_mapping_unit_ha": 0.5,
    "drivers": {"of": "trees", "names": ["fire", "Logging"]},
}
IDS = [f"u{i}" for i in range(4)]


@pytest.fixture
def key(tmp_path):
    columns = {"stratum": "", "inclusion_probability": 0.1, "primary_unit": "", "lat": 46.0}
    units = pd.DataFrame({"unit_id": IDS, **columns, "lon": np.linspace(14, 15, 4)})
    response = ResponseDesign.from_dict(ASKED)
    return SealedKey(units, SampleDesign("simple_random", response=response), tmp_path)


def write(path, rows):
    pd.DataFrame(rows, columns=["unit_id", "reference_class", "driver"]).to_csv(path, index=False)
    return path


def gathered(key, tmp_path, settled=None, **rows):
    answers = {
        who: read_answers(write(tmp_path / f"{who}.csv", said), key) for who, said in rows.items()
    }
    if settled is not None:
        settled = read_answers(write(tmp_path / "settled.csv", settled), key)
    return gather(answers, key, KARRA_10, settled=settled)


def test_a_response_design_survives_a_design_file_and_a_stored_sample(key, tmp_path):
    design = SampleDesign.from_dict(key.design.to_dict())
    assert design == key.design
    assert "response" not in SampleDesign("none").to_dict()

    found = gathered(key, tmp_path, anna=[["u0", "crops", "fire"], ["u1", "trees", ""]])
    write_sample(tmp_path / "s.parquet", found.sample)

    again = read_sample(tmp_path / "s.parquet")
    assert again.design.response == key.design.response
    assert again.units["driver"].tolist() == ["fire", "", "", ""]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimum_mapping_unit": 1}, "unknown key 'minimum_mapping_unit'"),
        ({"minimum_mapping_unit_ha": 0}, "minimum_mapping_unit_ha is 0; give hectares above 0"),
        ({"minimum_mapping_unit_ha": "half"}, "is 'half'; give hectares"),
        ({"minimum_mapping_unit_ha": True}, "is True; give hectares"),
        ({"definitions": {"trees": " "}}, "the definition of 'trees' is ' '"),
        ({"definitions": []}, "definitions must map class names to words"),
        ({"drivers": ["fire"]}, "drivers must be an object such as"),
        ({"drivers": {"of": "", "names": ["fire"]}}, "name the class that is lost"),
        ({"drivers": {"of": "trees", "names": []}}, "give a list of 1 to 255"),
        ({"drivers": {"of": "trees", "names": ["fire", "Fire"]}}, "'Fire' occurs twice"),
        ({"drivers": {"of": "trees", "names": ["total"]}}, "reads as something else"),
        ({"drivers": {"of": "trees", "names": [3]}}, "driver 3 is not a name"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, message):
    with pytest.raises(InvalidSample, match="my file") as raised:
        ResponseDesign.from_dict({**ASKED, **change}, "my file")
    assert message in str(raised.value)


def test_a_class_of_another_legend_is_refused():
    response = ResponseDesign.from_dict({"definitions": {"forest": "trees of 5 m"}})

    with pytest.raises(InvalidSample, match=r"f: class 'forest' is not in the legend; it has"):
        response.check_classes([c.name for c in KARRA_10.land], "f")


def test_drivers_are_read_in_any_case_agreed_on_and_disputed(key, tmp_path):
    found = gathered(
        key,
        tmp_path,
        anna=[["u0", "crops", "logging"], ["u1", "crops", "fire"], ["u2", "trees", ""]],
        ben=[["u0", "crops", "LOGGING"], ["u1", "crops", "Logging"], ["u2", "crops", "fire"]],
    )

    assert found.sample.units["driver"].tolist() == ["Logging", "", "", ""]
    table = found.disputed.set_index("unit_id")
    assert table.loc["u1", ["anna driver", "ben driver", "reference_class", "driver"]].tolist() == [
        "fire",
        "Logging",
        "crops",
        "",
    ]
    assert table.loc["u2", ["anna", "ben", "reference_class"]].tolist() == ["trees", "crops", ""]
    assert found.drivers is not None
    assert found.drivers.pairs[0].n == 2  # Units of which both named a driver.


def test_a_settled_table_decides_classes_and_drivers(key, tmp_path):
    said = {
        "anna": [["u0", "crops", "fire"], ["u1", "trees", ""]],
        "ben": [["u0", "crops", "logging"], ["u1", "crops", "fire"]],
    }
    settled = [["u0", "crops", "logging"], ["u1", "trees", ""]]

    found = gathered(key, tmp_path, settled=settled, **said)

    assert len(found.disputed) == 0
    assert found.sample.units["driver"].tolist() == ["Logging", "", "", ""]
    assert found.sample.units["class_code"].tolist()[:2] == [5, 2]


def test_an_unknown_driver_and_one_of_what_stays_name_file_and_unit(key, tmp_path):
    with pytest.raises(InvalidSample, match=r"anna.csv, unit 'u3': driver 'beetles' is not in"):
        gathered(key, tmp_path, anna=[["u3", "crops", "beetles"]])
    with pytest.raises(InvalidSample, match=r"anna, unit 'u3': is 'trees' and names 'fire'"):
        gathered(key, tmp_path, anna=[["u3", "trees", "fire"]])


def test_a_file_without_the_column_names_no_driver(key, tmp_path):
    path = tmp_path / "anna.csv"
    path.write_text("unit_id,reference_class\nu0,trees\n", encoding="utf-8")

    found = gather({"anna": read_answers(path, key)}, key, KARRA_10)

    assert found.drivers is None
    assert "driver" not in found.sample.units


def test_a_stored_driver_that_nobody_asked_for_is_refused(key, tmp_path):
    sample = gathered(key, tmp_path, anna=[["u0", "crops", "fire"]]).sample
    units = geopandas.GeoDataFrame(sample.units.assign(driver="flood"))

    with pytest.raises(InvalidSample, match=r"unit 'u0': driver 'flood' is not in the response"):
        type(sample)(units, sample.design)
