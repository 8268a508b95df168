"""The project file: what a mapping team decides, in one TOML file under version control.

What belongs here: the file's shape, its defaults and its errors. What does not: the
environment (which names the file) and the work itself.

Every path in the file is relative to the file's own folder.
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lulc_assets.core.accuracy.figures import AccuracySettings
from lulc_assets.core.catalog.dialects import sampling_m
from lulc_assets.core.catalog.selection import SelectionSettings
from lulc_assets.core.chips.settings import Balance, ChipSettings
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import InvalidProject, LulcError
from lulc_assets.core.grid import PixelGrid, Window, tile_grid, validate_tile, validate_year
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.core.labels.source import LabelSource, Overlaps
from lulc_assets.core.legend import Relation
from lulc_assets.core.model.devices import Accelerator, Strategy, TrainingDevices
from lulc_assets.core.model.promotion import PromotionSettings
from lulc_assets.core.model.recipe import TrainingRecipe
from lulc_assets.core.scene.hls import HLS_PIXEL_M, hls_grid
from lulc_assets.core.store.objects import LocalStore, ObjectStore, S3Store
from lulc_assets.project_checks import require_crosswalk, require_known, require_region_name
from lulc_assets.project_messages import explain


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CatalogSection(_Section):
    """Where scenes come from.

    Attributes:
        location: an http(s) STAC API, or a path or URL of a static ``catalog.json``.
        collection: for an API; empty: Sentinel-2 L2A.
        dialect: to be named only where items cannot be recognised.
        allow_private: whether hrefs may point to private addresses.
        allow_hosts: hosts of assets besides those of the provider, for mirrors.
    """

    location: str
    collection: str | None = None
    dialect: str | None = None
    allow_private: bool = False
    allow_hosts: tuple[str, ...] = ()


class TileSection(_Section):
    """A tile to map.

    Attributes:
        window: row, column, height and width of the area of interest on the tile's own
            grid; without it the whole tile.
        place: a name that people know.
    """

    window: tuple[int, int, int, int] | None = None
    place: str = ""


class SampleFiles(_Section):
    """A reference sample as delivered: points and the design that they were drawn by."""

    points: str
    design: str
    layer: str | None = None
    class_column: str = "reference_class"
    crosswalk: str = "karra-10"


class RegionSection(_Section):
    """Tiles that share a reference sample and are reported together.

    Attributes:
        tiles: keys of the tiles.
        samples: year → sample. A region without a sample of a year is compared with its
            held-out labels, if the label source holds any out.
    """

    tiles: tuple[str, ...]
    samples: Mapping[int, SampleFiles] = Field(default_factory=dict)


class LabelSection(_Section):
    """Where labels come from: the fields of ``LabelSource``, and when roles are drawn.

    Paths (``path``, ``gold_path``, a ``crosswalk`` that ends in .csv) are relative to the
    project file.

    Attributes:
        draw_roles_after_cut: draw training, gold and held-out polygons among those parts
            that lie in the area of interest, not in the whole file.
    """

    path: str
    class_column: str = ""
    crosswalk: str
    layer: str | None = None
    role_column: str | None = None
    holdout_share: float = 0.0
    gold_share: float = 0.0
    seed: int = 0
    annotator_column: str | None = None
    gold_path: str | None = None
    gold_layer: str | None = None
    min_annotators: int = Field(default=2, ge=1)
    accept: tuple[Relation, ...] = ("exact", "narrower", "broader")
    repair: bool = False
    overlaps: Overlaps = "smaller_wins"
    border_px: int = Field(default=0, ge=0)
    role_block_px: int = Field(default=64, ge=1)
    draw_roles_after_cut: bool = False


class TrainingSection(_Section):
    """Which partitions the model learns from.

    Attributes:
        licence: of the weights, an SPDX identifier; for the model's STAC item and card.
        devices: that train together, see ``TrainingDevices``.
        accelerator: ``auto``, ``cpu`` or ``gpu``.
        strategy: ``auto`` or ``ddp``.
        balance: of the chips of all partitions together, see ``ChipSettings.balance``.
        balance_ratio: see there.
    """

    tiles: tuple[str, ...]
    years: tuple[int, ...]
    licence: str = "other"
    devices: int = Field(default=1, ge=1)
    accelerator: Accelerator = "auto"
    strategy: Strategy = "auto"
    balance: Balance = "none"
    balance_ratio: float = Field(default=2.0, ge=1)

    @property
    def on_devices(self) -> TrainingDevices:
        """The devices that a model is trained on."""
        return TrainingDevices(self.devices, self.accelerator, self.strategy)


class Project(_Section):
    """All settings of a project.

    Attributes:
        name: shown on pages.
        attribution: credit for the imagery, shown on pages.
        store: directory or ``s3://bucket/prefix`` of the products.
        pages: folder of the page set.
        metrics: DuckDB file of the metric tables.
        checkpoints: folder of the trainings at work; what is there may be deleted at any time,
            a training then starts anew. Must outlive a killed run for it to be resumed.
        tiles: tile key → area of interest.
        batch_scenes: scenes that one op predicts.
        watch_years: years that the sensor of new scenes looks at besides the current one.
        folder: where the project file lies.
    """

    name: str
    attribution: str = ""
    store: str = "store"
    pages: str = "pages"
    metrics: str = "metrics.duckdb"
    checkpoints: str = ".training"
    catalog: CatalogSection
    tiles: Mapping[str, TileSection]
    regions: Mapping[str, RegionSection] = Field(default_factory=dict)
    labels: LabelSection
    training: TrainingSection
    selection: SelectionSettings = SelectionSettings()
    chips: ChipSettings = ChipSettings()
    recipe: TrainingRecipe = TrainingRecipe()
    promotion: PromotionSettings = PromotionSettings()
    windows: WindowSettings = WindowSettings()
    inference: InferenceSettings = InferenceSettings()
    composite: CompositeSettings = CompositeSettings()
    accuracy: AccuracySettings = AccuracySettings()
    batch_scenes: int = Field(default=4, ge=1)
    watch_years: tuple[int, ...] = ()
    folder: Path

    @model_validator(mode="after")
    def _keys_are_known(self) -> "Project":
        for tile in self.tiles:
            validate_tile(tile)
            self.grid_of(tile)
        for name, region in self.regions.items():
            require_region_name(name)
            require_known(f"regions.{name}.tiles", region.tiles, self.tiles)
            for year in region.samples:
                validate_year(year)
            for year, sample in region.samples.items():
                require_crosswalk(f"regions.{name}.samples.{year}.crosswalk", sample.crosswalk)
        require_crosswalk("labels.crosswalk", self.labels.crosswalk)
        require_known("training.tiles", self.training.tiles, self.tiles)
        if "zone" in self.training.balance and self.chips.zones is None:
            raise InvalidProject(
                f"training.balance {self.training.balance!r} needs chips.zones, a vector file"
            )
        for year in (*self.training.years, *self.watch_years):
            validate_year(year)
        return self

    def grid_of(self, tile: str) -> PixelGrid:
        """The area of interest of a tile, on the tile's own grid: 10 m, of HLS 30 m.

        Raises:
            InvalidProject: the tile is not in the project, or its window leaves the tile.
        """
        if tile not in self.tiles:
            raise InvalidProject(
                f"tile {tile} is not in project {self.name}; it has {', '.join(self.tiles)}. "
                "Add a [tiles.…] section to the project file."
            )
        coarse = sampling_m(self.catalog.dialect, self.catalog.collection) == HLS_PIXEL_M
        whole = hls_grid(tile) if coarse else tile_grid(tile)
        window = self.tiles[tile].window
        if window is None:
            return whole
        row, col, height, width = window
        if min(height, width) < 1:
            raise InvalidProject(
                f"tiles.{tile}.window {window} is empty; it is row, column, height, width"
            )
        if min(row, col) < 0 or row + height > whole.height or col + width > whole.width:
            raise InvalidProject(f"tiles.{tile}.window {window} leaves the tile's {whole.shape}")
        return whole.cut(Window(*window))

    def path_of(self, location: str) -> str:
        """A location of the file, absolute; URLs stay as they are."""
        return location if "://" in location else str((self.folder / location).resolve())

    def crosswalk_of(self, name: str) -> str:
        """A vocabulary's name, or the absolute path of its CSV file."""
        return self.path_of(name) if name.lower().endswith(".csv") else name

    def open_store(self) -> ObjectStore:
        """The store of the products."""
        if self.store.startswith("s3://"):
            return S3Store(self.store, self.folder / ".cache")
        return LocalStore(Path(self.path_of(self.store)))

    def label_source(self) -> LabelSource:
        """Where labels are read from."""
        fields = self.labels.model_dump(exclude={"draw_roles_after_cut"})
        fields["path"] = self.path_of(self.labels.path)
        if self.labels.gold_path is not None:
            fields["gold_path"] = self.path_of(self.labels.gold_path)
        fields["crosswalk"] = self.crosswalk_of(self.labels.crosswalk)
        return LabelSource(**fields)

    def regions_of(self, tile: str) -> tuple[str, ...]:
        """Names of the regions that a tile belongs to."""
        return tuple(name for name, region in self.regions.items() if tile in region.tiles)

    def watched_years(self) -> tuple[int, ...]:
        """Years in which new scenes may appear."""
        return tuple(sorted({*self.watch_years, datetime.now(UTC).year}))

    def training_folder(self, identity: str) -> Path:
        """Where the checkpoint of a training with this identity (a digest) lies."""
        return Path(self.path_of(self.checkpoints)) / identity

    def training_partitions(self) -> tuple[tuple[str, int], ...]:
        """(tile, year) pairs that the model learns from."""
        return tuple((t, y) for t in self.training.tiles for y in self.training.years)


def load_project(path: str | Path) -> Project:
    """Read and check a project file.

    Raises:
        InvalidProject: it is missing, is no TOML, or a value is wrong; the message names
            the file and every wrong value.
    """
    file = Path(path).absolute()
    try:
        text = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InvalidProject(
            f"project file {file} cannot be read: {error.strerror}; name another with --project "
            "or LULC_PROJECT (docs/project-file.md shows how to write one)"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidProject(f"project file {file} is no TOML: {error}") from error
    try:
        return Project(**text, folder=file.parent)
    except ValidationError as error:
        raise InvalidProject(f"project file {file}: {explain(error.errors(), Project)}") from error
    except (LulcError, TypeError, ValueError) as error:
        raise InvalidProject(f"project file {file}: {error}") from error
