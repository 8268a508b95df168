"""Reference samples: units with a reference class, and the design that drew them.

What belongs here: the sample's type, its schema and its stored form (one GeoParquet file
with the design inside). What does not: the design's own fields (``design.py``), reading
what interpreters deliver (``ingest.py``), and estimates (``figures.py``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.parquet as pq

from lulc_assets.core.accuracy.design import SampleDesign
from lulc_assets.core.accuracy.estimators import Strata
from lulc_assets.core.accuracy.merging import merge_names, merged_weights
from lulc_assets.core.errors import InvalidGeometry, InvalidSample, MissingCrs
from lulc_assets.core.grid import PixelGrid

_DESIGN_KEY = b"lulc_sample_design"
_EQUAL = 1e-6
"""Relative spread of inclusion probabilities that still counts as equal."""

SAMPLE_SCHEMA = pa.DataFrameSchema(
    {
        "unit_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "x": pa.Column(float, pa.Check(np.isfinite, name="finite")),
        "y": pa.Column(float, pa.Check(np.isfinite, name="finite")),
        "class_code": pa.Column("uint8", pa.Check.in_range(0, 10)),
        "stratum": pa.Column(str),
        "inclusion_probability": pa.Column(
            float, pa.Check.in_range(0.0, 1.0, include_min=False), nullable=True
        ),
        "primary_unit": pa.Column(str, pa.Check.str_length(min_value=1), required=False),
        "geometry": pa.Column("geometry"),
    },
    strict=True,
    unique=["x", "y"],
    name="reference sample",
)
"""Units of a sample; ``class_code`` 0 = no interpreter could name the class.

``primary_unit`` names the window with which a unit was drawn and stands only in samples of
the design "cluster".
"""


@dataclass(frozen=True)
class ReferenceSample:
    """Sample units and their design.

    Attributes:
        units: :data:`SAMPLE_SCHEMA`, one row a unit, sorted by ``unit_id``; Point geometry
            at (x, y) in the frame's CRS; the inclusion probability is NaN where the
            design is "none".
        design: how they were drawn.

    Raises:
        InvalidSample: the units break the schema or contradict the design.
        MissingCrs: the frame has no CRS.
        InvalidGeometry: a geometry is not a point.
    """

    units: geopandas.GeoDataFrame
    design: SampleDesign

    def __post_init__(self) -> None:
        _check_units(self.units, "reference sample")
        _check_design(self.units, self.design)

    @property
    def stratum_names(self) -> list[str]:
        """Names of the strata of units and design, sorted."""
        return sorted({*self.units["stratum"], *self.design.stratum_pixels})

    def check_merge(self, merge: Sequence[Sequence[str]]) -> None:
        """Refuse groups that name a stratum which the sample does not have.

        Raises:
            InvalidSample: it does; the message names it.
        """
        merge_names(self.stratum_names, merge)

    def strata(
        self, *, finite_population: bool = False, merge: Sequence[Sequence[str]] = ()
    ) -> Strata:
        """The strata of a stratified or cluster sample, in the order of their names.

        Args:
            finite_population: take f_h = n_h / N_h instead of 0; not for clusters, whose
                number in the population the design does not say.
            merge: groups of stratum names to be taken as one stratum. Units keep the weight
                of their own stratum unless one of the group has no unit at all.

        Raises:
            InvalidSample: a stratum has fewer than two primary units, or ``merge`` names an
                unknown stratum.
        """
        own = self.stratum_names
        merged = merge_names(own, merge)
        names = tuple(sorted(set(merged.values())))
        index = {stratum: names.index(merged[stratum]) for stratum in own}
        of_unit = self.units["stratum"].map(index).to_numpy(dtype=np.int64)
        sizes_of_own = self._stratum_sizes(own)
        group = np.array([index[stratum] for stratum in own], dtype=np.int64)
        sizes = np.bincount(group, sizes_of_own, len(names)).astype(np.float64)
        counts = np.bincount(of_unit, minlength=len(names))
        fractions = np.zeros(len(names))
        weights = primary = None
        if self.design.design == "cluster":
            weights = 1.0 / self.units["inclusion_probability"].to_numpy(dtype=np.float64)
            primary = pd.factorize(self.units["primary_unit"])[0].astype(np.int64)
        else:
            if finite_population:
                fractions = counts / sizes
            if merge:
                of_own = self.units["stratum"].map(own.index).to_numpy(dtype=np.int64)
                weights_of_own = merged_weights(
                    sizes_of_own, np.bincount(of_own, minlength=len(own)), group
                )
                weights = weights_of_own[of_own]
        return Strata(names, of_unit, sizes, fractions, primary, weights)

    def _stratum_sizes(self, own: Sequence[str]) -> npt.NDArray[np.float64]:
        """N_h of each stratum as it was drawn, from the design or Σ 1 / π, shape (len(own),)."""
        given = self.design.stratum_pixels
        if given:
            return np.array([given[name] for name in own], dtype=np.float64)
        sums = (1.0 / self.units["inclusion_probability"]).groupby(self.units["stratum"]).sum()
        return np.array([sums[name] for name in own], dtype=np.float64)


def units_from_mask(
    mask: npt.NDArray[np.uint8], grid: PixelGrid, *, region: str = "", year: int | None = None
) -> ReferenceSample:
    """Take every labelled pixel as a unit of a sample that nobody drew at random.

    Pixels of hold-out polygons lie where somebody chose to label, so the design is "none":
    they give plain agreement and no interval.

    Args:
        mask: shape (h, w), uint8, class codes, 0 = unlabelled.
        grid: of the mask.
        region: named in the design.
        year: of the labels.

    Raises:
        InvalidSample: the mask does not lie on the grid.
    """
    if mask.shape != grid.shape:
        raise InvalidSample(f"label mask of shape {mask.shape} does not fit grid {grid.shape}")
    rows, cols = np.nonzero(mask)
    xs = grid.x0 + (cols + 0.5) * grid.pixel_m
    ys = grid.y0 - (rows + 0.5) * grid.pixel_m
    units = pd.DataFrame(
        {
            "unit_id": [f"r{row:05d}c{col:05d}" for row, col in zip(rows, cols, strict=True)],
            "class_code": mask[rows, cols].astype(np.uint8),
            "stratum": "",
            "inclusion_probability": np.nan,
        }
    )
    points = geopandas.points_from_xy(xs, ys)
    frame = geopandas.GeoDataFrame(units, geometry=points, crs=f"EPSG:{grid.epsg}")
    design = SampleDesign("none", region=region, year=year, sample_size=len(units))
    return ReferenceSample(arrange_units(frame), design)


def arrange_units(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Add x and y from the geometry, put columns in order and sort by unit id."""
    frame = frame.assign(
        unit_id=frame["unit_id"].astype(object),
        x=frame.geometry.x.astype(np.float64),
        y=frame.geometry.y.astype(np.float64),
        stratum=frame["stratum"].astype(object),
        inclusion_probability=frame["inclusion_probability"].astype(np.float64),
    )
    columns = [c for c in SAMPLE_SCHEMA.columns if c in frame or c != "primary_unit"]
    ordered = frame.sort_values("unit_id", kind="stable")[columns]
    return ordered.reset_index(drop=True)


def write_sample(path: Path, sample: ReferenceSample) -> Path:
    """Write a sample as GeoParquet, its design in the file's metadata.

    Same sample, same bytes.
    """
    buffer = BytesIO()
    sample.units.to_parquet(buffer, index=False, compression="zstd")
    buffer.seek(0)
    table = pq.read_table(buffer)
    design = json.dumps(sample.design.to_dict(), sort_keys=True, ensure_ascii=False)
    metadata = {**(table.schema.metadata or {}), _DESIGN_KEY: design.encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")
    return path


def read_sample(path: Path) -> ReferenceSample:
    """Read what :func:`write_sample` wrote.

    Raises:
        InvalidSample: the file does not exist, is no GeoParquet file, or carries no design.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        units = geopandas.read_parquet(path)
    except (OSError, ValueError, arrow.ArrowException) as error:
        raise InvalidSample(f"{path}: cannot be read as a stored sample: {error}") from error
    if _DESIGN_KEY not in metadata:
        raise InvalidSample(f"{path}: carries no sampling design; store it with write_sample")
    design = SampleDesign.from_dict(json.loads(metadata[_DESIGN_KEY]), str(path))
    return ReferenceSample(units, design)


def _check_units(units: geopandas.GeoDataFrame, source: str) -> None:
    if units.crs is None:
        raise MissingCrs(f"{source}: no coordinate reference system; set it on the units")
    no_point = (units.geom_type != "Point") | units.geometry.is_empty
    if no_point.any():
        unit = units.loc[no_point].iloc[0]
        raise InvalidGeometry(
            f"{source}, unit {unit['unit_id']!r}: geometry is {unit.geometry}, not a point"
        )
    try:
        SAMPLE_SCHEMA.validate(units, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise InvalidSample(_explain(error, units, source)) from error


def _explain(error: pa.errors.SchemaErrors, units: geopandas.GeoDataFrame, source: str) -> str:
    """The first schema failures in words: unit, column, value."""
    parts = []
    for case in error.failure_cases.head(5).itertuples():
        known = case.index is not None and not pd.isna(case.index) and "unit_id" in units
        unit = f"unit {units['unit_id'].loc[int(case.index)]!r}: " if known else ""
        parts.append(f"{unit}{case.column} = {case.failure_case!r} fails {case.check}")
    more = len(error.failure_cases) - len(parts)
    return f"{source}: {'; '.join(parts)}" + (f"; and {more} more" if more > 0 else "")


def _check_design(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    """Refuse units that contradict their design."""
    if not design.is_probability:
        return
    if design.sample_size is not None and design.sample_size != len(units):
        raise InvalidSample(
            f"the design says {design.sample_size} units were drawn, {len(units)} are here; a "
            "unit that nobody could interpret stays in the sample without a class"
        )
    chances = units["inclusion_probability"]
    if chances.isna().any():
        unit = units.loc[chances.isna(), "unit_id"].iloc[0]
        raise InvalidSample(f"unit {unit!r} of a {design.design} sample has no inclusion chance")
    if design.design == "cluster":
        if "primary_unit" not in units:
            raise InvalidSample(
                "a cluster sample needs the column primary_unit, the window of each unit"
            )
    else:
        _check_equal_chances(units, design)
    missing = set(units["stratum"]) - set(design.stratum_pixels)
    if design.needs_strata and design.stratum_pixels and missing:
        raise InvalidSample(f"the design lacks the size of stratum {sorted(missing)[0]!r}")


def _check_equal_chances(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    # In the other designs all units form one group, whatever their stratum says.
    groups = units["stratum"] if design.design == "stratified" else units["stratum"].str[:0]
    for name, group in units["inclusion_probability"].groupby(groups):
        if group.max() - group.min() > _EQUAL * group.max():
            where = f"in stratum {name!r}" if design.design == "stratified" else ""
            raise InvalidSample(
                f"inclusion probabilities of a {design.design} sample must be equal {where}; "
                f"they are {group.min():g} to {group.max():g}"
            )
