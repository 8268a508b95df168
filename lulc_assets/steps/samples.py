"""Steps of the reference sample of a region × year.

What belongs here: ``reference_sample``: an interpreted probability sample where the project
has one, else the held-out labels of the region's tiles.
"""

from pathlib import Path

import pandas as pd

from lulc_assets.core.errors import InvalidProject
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
from lulc_assets.core.store.records import Record
from lulc_assets.project.sections import RegionSection, SampleFiles
from lulc_assets.steps.labels import digest_of_source
from lulc_assets.steps.making import Made, Place, write_png


def section_of(place: Place, region: str) -> RegionSection:
    """The region's section of the project file.

    Raises:
        InvalidProject: the project has no such region.
    """
    sections = place.project.regions
    if region not in sections:
        raise InvalidProject(
            f"region {region} is not in project {place.project.name}; it has "
            f"{', '.join(sections) or 'none'}. Add a [regions.…] section to the project file"
        )
    return sections[region]


def make_reference_sample(place: Place, region: str, year: int) -> Record:
    """Validate and store the reference sample of a region and year.

    Files: ``sample.parquet`` (the design in its metadata) and a picture.
    """
    section = section_of(place, region)
    files = section.samples.get(year)
    if files is None:
        return _make_from_labels(place, region, section.tiles, year)
    return _make_from_files(place, region, year, files)


def _make_from_files(place: Place, region: str, year: int, files: SampleFiles) -> Record:
    points, design = (place.project.path_of(name) for name in (files.points, files.design))
    crosswalk = place.project.crosswalk_of(files.crosswalk)
    identity = {
        "region": region,
        "year": year,
        "points_sha256": digest_of_source(points),
        "design_sha256": digest_of_source(design),
        "settings": files.model_dump(),
    }
    if crosswalk != files.crosswalk:
        identity["crosswalk_sha256"] = digest_of_source(crosswalk)

    def build(scratch: Path) -> Made:
        sample = ingest_sample(
            Path(points),
            Path(design),
            layer=files.layer,
            class_column=files.class_column,
            crosswalk=crosswalk,
        )
        return _made(place, scratch, sample, f"Reference sample of {region} {year}")

    return place.make(("reference_sample", region, year), identity, build)


def _make_from_labels(place: Place, region: str, tiles: tuple[str, ...], year: int) -> Record:
    labels = {tile: place.record("reference_labels", tile, year) for tile in tiles}
    identity = {
        "region": region,
        "year": year,
        "reference_labels": {tile: record.digest for tile, record in labels.items()},
    }

    def build(scratch: Path) -> Made:
        samples = []
        for tile, record in labels.items():
            grid = place.grid(tile)
            table = read_label_table(place.open(record, "labels.parquet"))
            rules = BurnRules.of(place.project.label_source())
            mask, _ = burn_labels(table, grid, HOLDOUT, rules)
            samples.append((tile, units_from_mask(mask, grid, region=region, year=year)))
        sample = _joined(samples)
        return _made(place, scratch, sample, f"Held-out labels of {region} {year}")

    return place.make(("reference_sample", region, year), identity, build)


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


def _made(place: Place, scratch: Path, sample: ReferenceSample, title: str) -> Made:
    codes = sample.units["class_code"].astype(int).value_counts().to_dict()
    picture = class_histogram_figure(codes, place.legend, "units", title)
    files = {
        "sample.parquet": write_sample(scratch / "sample.parquet", sample),
        "sample.png": write_png(scratch, "sample.png", picture),
    }
    properties = {
        "design": sample.design.to_dict(),
        "units": len(sample.units),
        "is_probability_sample": sample.design.is_probability,
    }
    return Made(files, properties)
