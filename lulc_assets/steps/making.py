"""How every step makes a product: look, make in scratch, publish.

What belongs here: the one path from an identity to a committed record. What does not:
what any particular product is.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.publish import (
    find_made,
    find_record,
    open_file,
    product_key,
    publish,
    read_record,
)
from lulc_assets.core.store.records import Record
from lulc_assets.project import Project

RECIPE_VERSIONS: Mapping[str, int] = {
    "reference_labels": 3,
    "label_quality": 3,
    "scene_catalog": 1,
    "training_chips": 2,
    "lulc_model": 3,
    "model_evaluation": 2,
    "model_bundle": 4,
    "scene_predictions": 5,
    "annual_map": 3,
    "seasonal_maps": 1,
    "reference_sample": 2,
    "accuracy_area_report": 3,
    "region_report": 3,
    "metric_tables": 1,
}
"""Raised when the code of an asset would make something else of the same inputs. Not the
commit of the repository: else every commit would invalidate every product."""


@dataclass(frozen=True)
class Made:
    """What a step made in scratch: files by name, and plain JSON properties."""

    files: Mapping[str, Path]
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a step works: the project, its store, and how it tells its progress."""

    project: Project
    store: ObjectStore
    progress: Progress = silent
    legend: Legend = KARRA_10

    def grid(self, tile: str) -> PixelGrid:
        """The tile's area of interest."""
        return self.project.grid_of(tile)

    def record(self, asset: str, *partition: str | int) -> Record:
        """The committed record of an upstream product; raises ProductNotFound."""
        return read_record(self.store, product_key(asset, *map(str, partition)))

    def find(self, asset: str, *partition: str | int) -> Record | None:
        """The committed record of a product, if there is one."""
        return find_record(self.store, product_key(asset, *map(str, partition)))[0]

    def open(self, record: Record, name: str) -> Path:
        """A verified local path of one of a record's files."""
        return open_file(self.store, record, name)

    def check_out(self, record: Record, folder: Path) -> Path:
        """Link a record's verified files into a folder under their own names."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in record.files:
            (folder / name).symlink_to(self.open(record, name).absolute())
        return folder

    def make(
        self,
        product: tuple[str | int, ...],
        identity: Mapping[str, Any],
        build: Callable[[Path], Made],
    ) -> Record:
        """Return the committed product of this identity, building it only if it is not there.

        Args:
            product: asset name and partition.
            identity: digests of inputs and settings; the recipe version is added.
            build: makes files in a scratch folder, validates them and returns them.

        Raises:
            CommitConflict: another run committed something else meanwhile.
        """
        asset, key = str(product[0]), product_key(*map(str, product))
        identity = {**identity, "recipe_version": RECIPE_VERSIONS[asset]}
        made = find_made(self.store, key, identity)
        if made is not None:
            return made
        _, version = find_record(self.store, key)
        with tempfile.TemporaryDirectory(prefix=f"lulc-{asset}-") as scratch:
            result = build(Path(scratch))
            return publish(
                self.store,
                key,
                identity=identity,
                files=result.files,
                properties=result.properties,
                replaces=version,
            )


def write_png(folder: Path, name: str, png: bytes) -> Path:
    """Write a picture of a product into scratch."""
    path = folder / name
    path.write_bytes(png)
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a text file that readers see whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)
