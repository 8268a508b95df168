"""Steps of the reference sample of a region × year.

What belongs here: ``reference_sample``: an interpreted probability sample where the project
has one, else the held-out labels of the region's tiles.
"""

from pathlib import Path

import pandas as pd

from lulc_assets.core.figures.maps import class_histogram_figure
from lulc_assets.core.labels.burn import BurnRules, burn_labels
from lulc_assets.core.labels.schema import HOLDOUT
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.sampling.ingest import ingest_sample
from lulc_assets.core.sampling.sample import (
    ReferenceSample,
    arrange_units,
    units_from_mask,
    write_sample,
)
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.project.checks import require_section
from lulc_assets.project.sections import RegionSection, SampleFiles
from lulc_assets.steps.counted import counted_identity, counted_pixels
from lulc_assets.steps.products import REFERENCE_LABELS, REFERENCE_SAMPLE
from lulc_assets.steps.properties import SampleProperties
from lulc_assets.steps.workbench import Made, Workbench, write_png


def section_of(work: Workbench, region: str) -> RegionSection:
    """The region's section of the project file.

    Raises:
        InvalidProject: the project has no such region.
    """
    sections = work.project.regions
    require_section(work.project.name, "regions", region, sections)
    return sections[region]


def make_reference_sample(work: Workbench, key: RegionYear) -> Record[SampleProperties]:
    """Validate and store the reference sample of a region and year.

    Files: ``sample.parquet`` (the design in its metadata) and a picture.
    """
    section = section_of(work, key.region)
    files = section.samples.get(key.year)
    if files is None:
        return _make_from_labels(work, key, section.tiles)
    return _make_from_files(work, key, files)


def _make_from_files(
    work: Workbench, key: RegionYear, files: SampleFiles
) -> Record[SampleProperties]:
    points, design = (work.project.path_of(name) for name in (files.points, files.design))
    crosswalk = work.project.crosswalk_of(files.crosswalk)
    settings = {
        "points_sha256": digest_of_source(points),
        "design_sha256": digest_of_source(design),
        "crosswalk_sha256": digest_of_source(crosswalk),
        "settings": files,
        "legend": work.legend.digest,
    }

    def build(scratch: Path) -> Made[SampleProperties]:
        sample = ingest_sample(
            Path(points),
            Path(design),
            layer=files.layer,
            class_column=files.class_column,
            crosswalk=crosswalk,
            legend=work.legend,
        )
        return _made(work, scratch, sample, f"Reference sample of {key.title}")

    return work.step(REFERENCE_SAMPLE, key).make(settings, build)


def _make_from_labels(
    work: Workbench, key: RegionYear, tiles: tuple[str, ...]
) -> Record[SampleProperties]:
    step = work.step(REFERENCE_SAMPLE, key)
    labels = step.read_all(REFERENCE_LABELS, [TileYear(tile, key.year) for tile in tiles])

    def build(scratch: Path) -> Made[SampleProperties]:
        samples = []
        for of, record in labels.items():
            grid = work.grid(of.tile)
            table = read_label_table(work.open(record, "labels.parquet"))
            rules = BurnRules.of(work.project.label_source())
            mask, _ = burn_labels(table, grid, HOLDOUT, rules)
            mask[~counted_pixels(work, of.tile, tiles)] = 0
            units = units_from_mask(mask, grid, region=key.region, year=key.year)
            samples.append((of.tile, units))
        return _made(work, scratch, _joined(samples), f"Held-out labels of {key.title}")

    return step.make({"grids": work.grids(tiles), **counted_identity(work, tiles, tiles)}, build)


def _joined(samples: list[tuple[str, ReferenceSample]]) -> ReferenceSample:
    """Units of several tiles in the CRS of the first, named after their tile."""
    crs, design = samples[0][1].units.crs, samples[0][1].design
    frames = [
        sample.units.assign(unit_id=tile + "-" + sample.units["unit_id"]).to_crs(crs)
        for tile, sample in samples
    ]
    units = arrange_units(pd.concat(frames, ignore_index=True))
    return ReferenceSample(units, type(design).from_dict(
        {**design.to_dict(), "sample_size": len(units)}
    ))  # fmt: skip


def _made(
    work: Workbench, scratch: Path, sample: ReferenceSample, title: str
) -> Made[SampleProperties]:
    codes = sample.units["class_code"].astype(int).value_counts().to_dict()
    picture = class_histogram_figure(codes, work.legend, "units", title)
    files = {
        "sample.parquet": write_sample(scratch / "sample.parquet", sample),
        "sample.png": write_png(scratch, "sample.png", picture),
    }
    design = sample.design
    return Made(files, SampleProperties(design.design, len(sample.units), design.is_probability))
