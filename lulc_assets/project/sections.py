"""The sections of the project file that belong to no other room.

What belongs here: their shape and defaults. What does not: the file as a whole (``file``), and
settings that a room of the domain owns.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from lulc_assets.core.chips.settings import Balance
from lulc_assets.core.crosswalks import Relation
from lulc_assets.core.errors import InvalidLegend
from lulc_assets.core.labels.source import Overlaps
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legends import ClassEntry, build_legend, find_legend, read_legend
from lulc_assets.core.store.s3_access import S3Access
from lulc_assets.core.training.devices import Accelerator, Strategy, TrainingDevices


class Section(BaseModel):
    """A section: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CatalogSection(Section):
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


class StorageSection(Section):
    """How a bucket is reached, and what of it is kept near; secrets never stand here.

    What is left empty comes from where boto3 looks: environment, profile, role.

    Attributes:
        products: another way to say ``store``.
        work: prefix of what steps hand on and of checkpoints; empty: below the products.
        pages: prefix of a copy of the pages; empty: below the products.
        metrics: prefix of a copy of the metrics database; empty: below the products.
        endpoint: URL of a service other than AWS.
        region: of the bucket.
        profile: of the AWS configuration files.
        patience_s: how long a request is repeated while the service does not answer.
        cache: folder for objects that steps need as files.
        cache_gb: its size, in GB; what was not used for longest goes first.
    """

    products: str = ""
    work: str = ""
    pages: str = ""
    metrics: str = ""
    endpoint: str = ""
    region: str = ""
    profile: str = ""
    patience_s: float = Field(default=120.0, ge=0, allow_inf_nan=False)
    cache: str = ".cache"
    cache_gb: float = Field(default=20.0, gt=0, allow_inf_nan=False)

    @property
    def access(self) -> S3Access:
        """Endpoint, region and profile as the store takes them."""
        return S3Access(self.endpoint, self.region, self.profile, patience_s=self.patience_s)


class WatchSection(Section):
    """How the catalogue is watched for new scenes.

    Attributes:
        first_days: the first look of all goes back so many days; what is older comes with a
            backfill, and with the comparison of whole years.
        overlap_hours: a look begins so long before what was seen; none: 2 hours where the
            catalogue itself stamps its items, 72 where the producer did.
        window_days: a catalogue that cannot be asked for changes is read so far back, by the
            date of acquisition. A static one is read whole.
        most_runs: tile × years that one look asks for; the others wait for the next.
        fresh_days: a map of a watched year that nobody looked at for longer is looked at again.
            The default is that of the weekly refresh with some days of grace.
    """

    first_days: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    overlap_hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    window_days: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    most_runs: int = Field(default=1000, ge=1)
    fresh_days: float = Field(default=10.0, gt=0, allow_inf_nan=False)


class TileSection(Section):
    """A tile to map.

    Attributes:
        window: row, column, height and width of the area of interest on the tile's own
            grid; without it the whole tile.
        place: a name that people know.
    """

    window: tuple[int, int, int, int] | None = None
    place: str = ""


class SampleFiles(Section):
    """A reference sample as delivered: points and the design that they were drawn by."""

    points: str
    design: str
    layer: str | None = None
    class_column: str = "reference_class"
    crosswalk: str = ""


class RegionSection(Section):
    """Tiles that share a reference sample and are reported together.

    Attributes:
        tiles: keys of the tiles.
        samples: year → sample. A region without a sample of a year is compared with its
            held-out labels, if the label source holds any out.
    """

    tiles: tuple[str, ...]
    samples: Mapping[int, SampleFiles] = Field(default_factory=dict)


class ZonesSection(Section):
    """Districts whose areas the reports of regions give; pages draw their outlines.

    Attributes:
        path: vector file of polygons with names, relative to the project file.
        name: column with the names; empty: ``name``, ``zone`` or ``id``.
        layer: of a file with several.
    """

    path: str
    name: str = ""
    layer: str | None = None


class LabelSection(Section):
    """Where labels come from: the fields of ``LabelSource``, and when roles are drawn.

    Paths (``path``, ``gold_path``, a ``crosswalk`` that ends in .csv) are relative to the
    project file.

    Attributes:
        draw_roles_after_cut: draw training, gold and held-out polygons among those parts
            that lie in the area of interest, not in the whole file.
    """

    path: str
    class_column: str = ""
    crosswalk: str = ""
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


class LegendClassSection(Section):
    """A class of an inline legend, see ``ClassEntry``; ``colour`` is ``color``."""

    name: str
    title: str = ""
    color: str = Field(default="", validation_alias=AliasChoices("color", "colour"))
    parent: str = ""
    role: Literal["", "land", "cloud", "other"] = ""
    code: int | str = ""


class LegendSection(Section):
    """The classes of the maps: one of a legend of the package, a file, or the classes.

    Attributes:
        builtin: name of a legend of the package; ``karra-10`` where nothing is said.
        file: a ``.csv``, ``.qml`` or ``.clr``, relative to the project file.
        classes: name, title, colour, parent and role of each.
        name: of inline classes, in records and messages.
    """

    builtin: str | None = None
    file: str | None = None
    classes: tuple[LegendClassSection, ...] = ()
    name: str = "project"

    def read(self, path_of: Callable[[str], str]) -> Legend:
        """The legend; reads its file, if it has one.

        Raises:
            InvalidLegend: more than one of the three is given, or a rule is broken.
        """
        given = [key for key in ("builtin", "file", "classes") if getattr(self, key)]
        if len(given) > 1:
            raise InvalidLegend(f"legend: {' and '.join(given)} exclude each other; keep one")
        if self.file:
            return read_legend(Path(path_of(self.file)))
        if self.classes:
            entries = [
                ClassEntry(c.name, c.title, c.color, c.parent, c.role, str(c.code))
                for c in self.classes
            ]
            return build_legend(self.name, entries)
        return find_legend(self.builtin or KARRA_10.name)


class BandsSection(Section):
    """The bands that chips and networks see.

    Attributes:
        use: ``rgb``, ``six``, ``ten``, ``twelve`` or ``thirteen``, or a list of bands by common
            name or number; see ``core/scene/bands``.
    """

    use: str | tuple[str, ...] = "six"


class DeliverySection(Section):
    """Who is told of alerts: zones with their addressees, see ``core/alerts/zones``.

    Attributes:
        zones: vector file of the zones, relative to the project file; empty: nobody is told.
        layer: of a file with several.
        folder: of the messages and of the log of what was sent; it must outlive runs, or
            everybody is told again.
        post: whether webhooks are posted to; without it their files are written alone, which
            somebody else delivers.
        private_network: whether a webhook may have a private address.
    """

    zones: str = ""
    layer: str | None = None
    folder: str = "alerts"
    post: bool = True
    private_network: bool = False


class TrainingSection(Section):
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
