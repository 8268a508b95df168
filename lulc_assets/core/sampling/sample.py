"""Reference samples: units with a reference class, and the design that drew them.

What belongs here: the sample's type and its stored form (one GeoParquet file with the design
inside). What does not: its schema (``sample_schema.py``), the design's own fields
(``design.py``), reading what interpreters deliver (``ingest.py``), estimates (``figures.py``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as pq

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.merging import merge_names, merged_weights
from lulc_assets.core.estimation.strata import Starts, Strata
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.sample_schema import SAMPLE_SCHEMA, check_design, check_units

_DESIGN_KEY = b"lulc_sample_design"


@dataclass(frozen=True)
class ReferenceSample:
    """Sample units and their design.

    Attributes:
        units: :data:`SAMPLE_SCHEMA`, one row per unit, sorted by ``unit_id``; Point geometry
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
        check_units(self.units, "reference sample")
        check_design(self.units, self.design)

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

    def starts(
        self, kept: npt.NDArray[np.bool_] | None = None, *, finite_population: bool = False
    ) -> Starts | None:
        """The starts of a systematic sample of several lattices; None for other designs.

        The chance of a unit is k starts over the possible ones, so it is the sampling
        fraction of the starts too.

        Args:
            kept: shape (n,), bool: units to be used; None for all.
            finite_population: take that fraction instead of 0.
        """
        if not self.design.is_replicated:
            return None
        of_unit = pd.factorize(self.units["primary_unit"])[0].astype(np.int64)
        fraction = float(self.units["inclusion_probability"].iloc[0]) if finite_population else 0.0
        starts = Starts(of_unit, self.design.starts, fraction)
        return starts if kept is None else starts.take(kept)

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
    schema = SAMPLE_SCHEMA.columns.items()
    columns = [name for name, column in schema if name in frame or column.required]
    ordered = frame.sort_values("unit_id", kind="stable")[columns]
    return ordered.reset_index(drop=True)


def write_sample(path: Path, sample: ReferenceSample) -> Path:
    """Write a sample as GeoParquet, its design in the file's metadata.

    Same sample, same bytes.
    """
    # Arrow's own buffers and no threads: a thread that still holds a Python object while the
    # interpreter ends aborts the process, rarely and after all work is done (arrow #34314).
    buffer = arrow.BufferOutputStream()
    sample.units.to_parquet(buffer, index=False, compression="zstd")
    table = pq.ParquetFile(arrow.BufferReader(buffer.getvalue())).read(use_threads=False)
    design = json.dumps(sample.design.to_dict(), sort_keys=True, ensure_ascii=False)
    metadata = {**(table.schema.metadata or {}), _DESIGN_KEY: design.encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")
    return path


def read_sample(path: Path) -> ReferenceSample:
    """Read what :func:`write_sample` wrote.

    Raises:
        InvalidSample: the file does not exist, is not a GeoParquet file, or carries no design.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        units = geopandas.read_parquet(path, use_threads=False, pre_buffer=False)
    except (OSError, ValueError, arrow.ArrowException) as error:
        raise InvalidSample(f"{path}: cannot be read as a stored sample: {error}") from error
    if _DESIGN_KEY not in metadata:
        raise InvalidSample(f"{path}: carries no sampling design; store it with write_sample")
    design = SampleDesign.from_dict(json.loads(metadata[_DESIGN_KEY]), str(path))
    return ReferenceSample(units, design)
