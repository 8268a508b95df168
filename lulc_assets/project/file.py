"""The project file: what a mapping team decides, in one TOML file under version control.

What belongs here: the file's shape and its defaults. What does not: reading it (``loading``),
where products are opened (``places``), and the work itself.

Every path in the file is relative to the file's own folder.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.alerts.ladder import AlertSettings
from lulc_assets.core.catalog.known_dialects import sampling_m
from lulc_assets.core.catalog.selection import SelectionSettings
from lulc_assets.core.change.grades import GradeRule
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.compositing.settings import CompositeSettings, VoteSettings
from lulc_assets.core.costs.quote import Prices
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.estimation.measures import AccuracySettings
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.windows import WindowSettings
from lulc_assets.core.judging.promotion_rule import PromotionSettings
from lulc_assets.core.labels.source import LabelSource
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.scene.bands import SIX, parse_bands
from lulc_assets.core.scene.hls import HLS_PIXEL_M, hls_grid
from lulc_assets.core.store.copies import Copies
from lulc_assets.core.store.keys import validate_region
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.s3 import S3Store
from lulc_assets.core.store.s3_access import S3Access
from lulc_assets.core.tile_keys import validate_tile, validate_year
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.project.checks import (
    require_buckets,
    require_crosswalk,
    require_known,
    require_owners,
    require_section,
    require_store,
    require_window,
)
from lulc_assets.project.patch_section import PatchesSection
from lulc_assets.project.sections import (
    BandsSection,
    CatalogSection,
    DeliverySection,
    LabelSection,
    LegendSection,
    RegionSection,
    Section,
    StorageSection,
    TileSection,
    TrainingSection,
    WatchSection,
    ZonesSection,
)
from lulc_assets.project.years import ProjectYears

_BUCKET = "s3://"

CopyOf = Literal["work", "pages", "metrics"]


class Project(Section):
    """All settings of a project.

    Attributes:
        name: shown on pages.
        attribution: credit for the imagery, shown on pages.
        licence: of the maps, an SPDX identifier such as ``CC-BY-4.0``; shown on pages and in the
            catalogue.
        store: directory or ``s3://bucket/prefix`` of the products.
        storage: how a bucket is reached.
        pages: folder of the page set.
        owners: whom the Dagster UI names to ask about assets: ``team:name`` or e-mail addresses.
        dagster: address of the Dagster webserver, to which pages link; empty: they do not.
        metrics: DuckDB file of the metric tables.
        checkpoints: folder of the trainings at work; what is there may be deleted at any time,
            a training then starts again. Must outlive a killed run for it to be resumed.
        trusted_key: public key (PEM) that bundles must be signed by before they predict; empty:
            checksums only.
        aoi: vector file of the area of interest, its polygons; empty: the tiles' windows. Areas,
            accuracy and agreement are those of its pixels, and exports are clipped to it; maps
            are cut to the tiles' windows.
        years: to map; none: those of ``[training]``.
        running: every year after those is mapped too, as its scenes come.
        tiles: tile key → area of interest.
        zones: districts whose areas reports give; most projects have none.
        patches: a folder of patches and how a classifier learns from it; most have none.
        legend_section: ``[legend]`` of the file, see :meth:`legend`.
        bands_section: ``[bands]`` of the file, see :meth:`bands`.
        batch_scenes: scenes that one op predicts.
        min_reached: share of the scenes, selected ones and those of the map that stands, that must
            be reached for a new map. With 0.8 one of five may be missing, which the sensor asks
            for again; below it the map that stands is the better one.
        watch_years: years that sensors look at besides the current one, if that is the project's.
        watch: how it looks.
        prices: unit prices, for quotes.
        folder: where the project file lies.
    """

    name: str
    attribution: str = ""
    licence: str = ""
    store: str = "store"
    storage: StorageSection = StorageSection()
    pages: str = "pages"
    owners: tuple[str, ...] = ("team:mapping",)
    dagster: str = ""
    metrics: str = "metrics.duckdb"
    checkpoints: str = ".training"
    trusted_key: str = ""
    aoi: str = ""
    years: tuple[int, ...] = ()
    running: bool = False
    catalog: CatalogSection
    tiles: Mapping[str, TileSection]
    regions: Mapping[str, RegionSection] = Field(default_factory=dict)
    zones: ZonesSection | None = None
    patches: PatchesSection | None = None
    legend_section: LegendSection = Field(default=LegendSection(), validation_alias="legend")
    bands_section: BandsSection = Field(default=BandsSection(), validation_alias="bands")
    labels: LabelSection
    training: TrainingSection
    selection: SelectionSettings = SelectionSettings()
    chips: ChipSettings = ChipSettings()
    recipe: TrainingRecipe = TrainingRecipe()
    promotion: PromotionSettings = PromotionSettings()
    windows: WindowSettings = WindowSettings()
    inference: InferenceSettings = InferenceSettings()
    composite: CompositeSettings = CompositeSettings()
    vote: VoteSettings = VoteSettings()
    change: GradeRule = GradeRule()
    alerts: AlertSettings = AlertSettings()
    delivery: DeliverySection = DeliverySection()
    accuracy: AccuracySettings = AccuracySettings()
    batch_scenes: int = Field(default=4, ge=1)
    min_reached: float = Field(default=0.8, ge=0, le=1, allow_inf_nan=False)
    watch_years: tuple[int, ...] = ()
    watch: WatchSection = WatchSection()
    prices: Prices = Prices()
    folder: Path
    _legend: Legend = PrivateAttr(KARRA_10)
    _bands: tuple[str, ...] = PrivateAttr(SIX)
    _access: S3Access | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _legend_and_bands_are_sound(self) -> "Project":
        self._legend = self.legend_section.read(self.path_of)
        self._bands = parse_bands(self.bands_section.use)
        self.composite.require(self._legend)
        self.chips.scl_table(self._legend)
        self.alerts.watched(self._legend)
        return self

    @model_validator(mode="after")
    def _keys_are_known(self) -> "Project":
        require_owners(self.owners)
        require_store(self.store)
        require_buckets(self.storage)
        for tile in self.tiles:
            validate_tile(tile)
            self.grid_of(tile)
        for name, region in self.regions.items():
            validate_region(name)
            require_known(f"regions.{name}.tiles", region.tiles, self.tiles)
            for year in region.samples:
                validate_year(year)
            for year, sample in region.samples.items():
                where = f"regions.{name}.samples.{year}.crosswalk"
                require_crosswalk(where, sample.crosswalk, self.legend())
        require_crosswalk("labels.crosswalk", self.labels.crosswalk, self.legend())
        require_known("training.tiles", self.training.tiles, self.tiles)
        if "zone" in self.training.balance and self.chips.zones is None:
            raise InvalidProject(
                f"training.balance {self.training.balance!r} needs chips.zones, a vector file"
            )
        for year in (*self.years, *self.training.years, *self.watch_years):
            validate_year(year)
        return self

    def legend(self) -> Legend:
        """The classes of the project's maps; another legend makes another line of products."""
        return self._legend

    def bands(self) -> tuple[str, ...]:
        """Roles of the bands that chips and networks see, in their order."""
        return self._bands

    def grid_of(self, tile: str) -> PixelGrid:
        """The area of interest of a tile, on the tile's own grid: 10 m, of HLS 30 m.

        Raises:
            InvalidProject: the tile is not in the project, or its window leaves the tile.
        """
        require_section(self.name, "tiles", tile, self.tiles)
        whole, window = self.raster_of(tile), self.tiles[tile].window
        if window is None:
            return whole
        require_window(f"tiles.{tile}.window", window, whole.shape)
        return whole.cut(Window(*window))

    def raster_of(self, tile: str) -> PixelGrid:
        """The grid of a whole tile: 10 m, of HLS 30 m."""
        coarse = sampling_m(self.catalog.dialect, self.catalog.collection) == HLS_PIXEL_M
        return hls_grid(tile) if coarse else tile_grid(tile)

    def area(self) -> BaseGeometry | None:
        """The polygons of the area of interest in longitude and latitude; None: there are none.

        Raises:
            InvalidGeometry, MissingCrs: see :func:`~lulc_assets.core.aoi.read_area`.
        """
        from lulc_assets.core.aoi import read_area  # loads GDAL

        return read_area(Path(self.path_of(self.aoi))) if self.aoi else None

    def path_of(self, location: str) -> str:
        """A location of the file, absolute; URLs stay as they are."""
        return location if "://" in location else str((self.folder / location).resolve())

    def crosswalk_of(self, name: str) -> str:
        """A vocabulary's name, or the absolute path of its CSV file."""
        return self.path_of(name) if name.lower().endswith(".csv") else name

    def reached_by(self, access: S3Access) -> "Project":
        """The project with its buckets reached in another way than ``[storage]`` says."""
        project = self.model_copy()
        project._access = access
        return project

    def open_store(self) -> ObjectStore:
        """The store of the products."""
        if self.store.startswith(_BUCKET):
            return self._open_bucket(self.store)
        return LocalStore(Path(self.path_of(self.store)))

    def copies(self, of: CopyOf) -> Copies:
        """Where copies of local files go: with the products, if these are in a bucket."""
        named: str = getattr(self.storage, of)
        place = named or (self.store if self.store.startswith(_BUCKET) else "")
        return Copies(self._open_bucket(place), of) if place else Copies()

    def _open_bucket(self, url: str) -> S3Store:
        storage = self.storage
        cache = Path(self.path_of(storage.cache))
        size = int(storage.cache_gb * 1e9)
        return S3Store(url, cache, self._access or storage.access, cache_bytes=size)

    def label_source(self) -> LabelSource:
        """Where labels are read from."""
        fields = self.labels.model_dump(exclude={"draw_roles_after_cut"})
        fields["path"] = self.path_of(self.labels.path)
        if self.labels.gold_path is not None:
            fields["gold_path"] = self.path_of(self.labels.gold_path)
        fields["crosswalk"] = self.crosswalk_of(self.labels.crosswalk)
        return LabelSource(**fields, legend=self.legend())

    def regions_of(self, tile: str) -> tuple[str, ...]:
        """Names of the regions that a tile belongs to."""
        return tuple(name for name, region in self.regions.items() if tile in region.tiles)

    def watched_years(self) -> tuple[int, ...]:
        """Years in which new scenes may appear; none: the current one is not the project's."""
        now = datetime.now(UTC).year
        return tuple(sorted({*self.watch_years, *((now,) if now in self.all_years() else ())}))

    def all_years(self) -> ProjectYears:
        """Years of the project: of maps, trainings and sensors."""
        listed = {*self.years, *self.training.years, *self.watch_years}
        return ProjectYears(tuple(sorted(listed)), self.running)

    def mapped_years(self) -> tuple[int, ...]:
        """Years of the maps, in order."""
        return tuple(sorted(set(self.years or self.training.years)))

    def trusted_key_file(self) -> Path | None:
        """The public key that bundles must be signed by; None asks for no signature."""
        return Path(self.path_of(self.trusted_key)) if self.trusted_key else None

    def training_folder(self, identity: str) -> Path:
        """Where the checkpoint of a training with this identity (a digest) lies."""
        return Path(self.path_of(self.checkpoints)) / identity

    def training_partitions(self) -> tuple[tuple[str, int], ...]:
        """(tile, year) pairs that the model learns from."""
        return tuple((t, y) for t in self.training.tiles for y in self.training.years)
