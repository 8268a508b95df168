"""The files that interpreters work in, and the sealed ones that they must not see.

What belongs here: writing a drawn sample for QGIS and Collect Earth Online, and reading
the sealed key back. What does not: what interpreters deliver (``interpreters.py``).

Interpreters are blind to the map: their files carry no stratum, no map class and no
inclusion probability, from which the stratum could be guessed (Olofsson et al. 2014, §4.2).
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.drawn import DrawnSample
from lulc_assets.core.tables.csv_file import read_csv
from lulc_assets.core.tables.csv_output import defuse_frame
from lulc_assets.core.tables.text_file import read_utf8

OPEN_FOLDER = "for_interpreters"
SEALED_FOLDER = "sealed"
KEY_COLUMNS = ("unit_id", "stratum", "inclusion_probability", "primary_unit", "lon", "lat")


@dataclass(frozen=True)
class SealedKey:
    """Where the units lie and how they were drawn.

    Attributes:
        units: one row per unit: :data:`KEY_COLUMNS` and ``map_class``.
        design: of the sample.
        folder: that it was read from.
    """

    units: pd.DataFrame
    design: SampleDesign
    folder: Path


def write_fieldwork(
    folder: Path, sample: DrawnSample, *, key: pd.DataFrame | None = None
) -> list[Path]:
    """Write a drawn sample; returns the files.

    ``for_interpreters/points.gpkg`` has the layers ``points`` and ``pixels``;
    ``for_interpreters/collect_earth_online.csv`` has LON, LAT, PLOTID;
    ``response.json``, where the design has one, says what counts as what, and the layer ``points``
    then has the column ``driver``; ``sealed/key.csv`` and ``sealed/design.json`` are for the
    analyst.

    Args:
        folder: made where it is not there.
        sample: whose places interpreters get.
        key: of more units than these, where the sample extends another; None: of these.

    Raises:
        InvalidSample: the folder already holds a sample: a second draw would orphan the
            interpretation of the first.
    """
    outward, sealed = folder / OPEN_FOLDER, folder / SEALED_FOLDER
    if (sealed / "key.csv").exists():
        raise InvalidSample(f"{folder}: already holds a sample; choose another folder")
    outward.mkdir(parents=True, exist_ok=True)
    sealed.mkdir(parents=True, exist_ok=True)
    answers = {"reference_class": "", "confidence": "", "note": ""}
    response = sample.design.response
    if response is not None and response.drivers:
        answers["driver"] = ""
    blind = sample.units[["unit_id", "geometry"]].assign(**answers)
    package = outward / "points.gpkg"
    blind.to_file(package, layer="points", driver="GPKG", engine="pyogrio")
    sample.footprints.to_file(package, layer="pixels", driver="GPKG", engine="pyogrio")
    lon, lat = sample.units.geometry.x, sample.units.geometry.y
    plots = pd.DataFrame({"LON": lon, "LAT": lat, "PLOTID": sample.units["unit_id"]})
    defuse_frame(plots).to_csv(
        outward / "collect_earth_online.csv", index=False, float_format="%.8f"
    )
    if key is None:
        key = pd.DataFrame(sample.units.drop(columns="geometry")).assign(lon=lon, lat=lat)
    defuse_frame(key).to_csv(sealed / "key.csv", index=False)
    text = json.dumps(sample.design.to_dict(), indent=2, ensure_ascii=False)
    (sealed / "design.json").write_text(text + "\n", encoding="utf-8")
    asked = []
    if response is not None:
        asked = [outward / "response.json"]
        text = json.dumps(response.to_dict(), indent=2, ensure_ascii=False)
        asked[0].write_text(text + "\n", encoding="utf-8")
    return [
        package,
        outward / "collect_earth_online.csv",
        *asked,
        sealed / "key.csv",
        sealed / "design.json",
    ]


def read_key(folder: Path) -> SealedKey:
    """Read the sealed key of a drawn sample.

    Raises:
        InvalidSample: a file is missing, or lacks columns of the design.
    """
    key_path, design_path = (folder / SEALED_FOLDER / name for name in ("key.csv", "design.json"))
    try:
        table = read_csv(key_path)
        units = table.frame()
        design = json.loads(read_utf8(design_path, InvalidSample, "design file"))
    except (InvalidSample, OSError, ValueError) as error:
        raise InvalidSample(
            f"{folder}: no readable sample of `lulc sample draw`: {error}. Labels without the "
            "design that drew them give no area and no interval"
        ) from error
    missing = [column for column in KEY_COLUMNS if column not in units]
    if missing:
        raise InvalidSample(f"{key_path}: design columns missing: {', '.join(missing)}")
    for column in ("inclusion_probability", "lon", "lat"):
        numbers = table.numbers(units[column].tolist(), [list(units.columns).index(column)])
        bad = [row for row, number in enumerate(numbers) if number is None]
        if bad:
            raise InvalidSample(
                f"{key_path}, line {units.index[bad[0]]}: {column} is "
                f"{units[column].iloc[bad[0]]!r}, not a number; restore the file of the draw"
            )
        units[column] = np.array(numbers, dtype=np.float64)
    units = units.reset_index(drop=True)
    return SealedKey(units, SampleDesign.from_dict(design, str(design_path)), folder)
