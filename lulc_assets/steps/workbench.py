"""Where steps work: how every one of them reads its inputs and makes its product.

What belongs here: the one path from declared inputs to a committed record. What does not: what
any particular product is.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from shapely.geometry.base import BaseGeometry

from lulc_assets.core.errors import CommitConflict, ProductNotFound
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.canonical import identity_of
from lulc_assets.core.store.keys import Key, Whole
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.publish import (
    fetch,
    find_record,
    is_complete,
    kept_record,
    publish,
)
from lulc_assets.core.store.records import Basis, Record
from lulc_assets.project import Project
from lulc_assets.steps.product import K, P, Product

K2 = TypeVar("K2", bound=Key)
P2 = TypeVar("P2")


class UndeclaredInput(LookupError):
    """A step reads what its product does not declare: a mistake in the code, not in the data."""


@dataclass(frozen=True)
class Made(Generic[P]):
    """What a step made in scratch: files by name, and the properties of the product."""

    files: Mapping[str, Path]
    properties: P


def _ignore(_: str) -> None:
    """Warn nobody."""


@dataclass(frozen=True)
class Workbench:
    """The project, its store, and how a step reports.

    Attributes:
        project: settings.
        store: of the products.
        progress: told how far the work is.
        warn: told what people should know although the step succeeds.
    """

    project: Project
    store: ObjectStore
    progress: Progress = silent
    warn: Callable[[str], None] = _ignore

    @classmethod
    def of(cls, project: Project) -> "Workbench":
        """The bench of a project, without anybody who listens."""
        return cls(project, project.open_store())

    @property
    def legend(self) -> Legend:
        """The classes of all maps of the project."""
        return self.project.legend()

    def grid(self, tile: str) -> PixelGrid:
        """The tile's area of interest."""
        return self.project.grid_of(tile)

    def grids(self, tiles: Iterable[str]) -> dict[str, PixelGrid]:
        """Tile → its area of interest."""
        return {tile: self.grid(tile) for tile in tiles}

    @cached_property
    def area(self) -> BaseGeometry | None:
        """Polygons of the project's area of interest, longitude and latitude."""
        return self.project.area()

    def read(self, product: Product[K, P], key: K) -> Record[P]:
        """The committed record of a product, for commands and pages; steps read by :class:`Step`.

        Raises:
            ProductNotFound: nothing was committed; the message says what to run.
            ProductCorrupt: the record does not parse.
        """
        record = self.find(product, key)
        if record is None:
            where = f" for {key.title}" if key.title else ""
            raise ProductNotFound(
                f"product {product.at(key)} does not exist yet; materialize "
                f"{product.part_of or product.asset}{where} first"
            )
        return record

    def find(self, product: Product[K, P], key: K) -> Record[P] | None:
        """The committed record of a product, if there is one; raises ProductCorrupt."""
        return find_record(self.store, product.at(key), product.properties)[0]

    def kept(self, product: Product[Any, P], digest: str) -> Record[P]:
        """A record by its digest, whether or not it is the current one.

        Raises:
            ProductNotFound: none of that digest was ever committed.
            ProductCorrupt: it does not parse, or is of another product.
        """
        return kept_record(self.store, digest, product.properties)

    def open(self, record: Record[Any], name: str) -> Path:
        """A verified local path of one of a record's files."""
        return fetch(self.store, record, name)

    def check_out(self, record: Record[Any], folder: Path) -> Path:
        """Link a record's verified files into a folder under their own names."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in record.files:
            (folder / name).symlink_to(self.open(record, name).absolute())
        return folder

    def step(self, product: Product[K, P], key: K) -> "Step[K, P]":
        """Begin to make a product."""
        return Step(self, product, key)


@dataclass
class Step(Generic[K, P]):
    """The making of one product: what it reads goes into its identity, and nothing else can.

    Attributes:
        work: where.
        product: declaration of what is made.
        key: of what.
    """

    work: Workbench
    product: Product[K, P]
    key: K
    _inputs: dict[str, str] = field(default_factory=dict)
    _sealed: bool = False

    def read(self, product: Product[K2, P2], key: K2 | None = None) -> Record[P2]:
        """The record of a declared input; raises as :meth:`Workbench.read`.

        Args:
            product: declaration of the input.
            key: of which; without it the step's own key, or the only one.

        Raises:
            UndeclaredInput: the product does not declare it, or not that partition.
        """
        return self.use(self.work.read(product, self._declared(product, key)))

    def read_all(self, product: Product[K2, P2], keys: Iterable[K2]) -> dict[K2, Record[P2]]:
        """Several partitions of a declared input, in the order of the keys."""
        return {key: self.read(product, key) for key in keys}

    def find(self, product: Product[K2, P2], key: K2 | None = None) -> Record[P2] | None:
        """Like :meth:`read`, for an input that need not be there."""
        record = self.work.find(product, self._declared(product, key))
        return None if record is None else self.use(record)

    def use(self, record: Record[P2]) -> Record[P2]:
        """Take a record that was read already as an input: a part's maker hands it on.

        Raises:
            UndeclaredInput: its asset is not declared.
        """
        if self._sealed:
            raise UndeclaredInput(f"{self.product.asset}: {record.product} is read too late")
        asset = record.product.partition("/")[0]
        if asset not in {i.product.asset for i in self.product.inputs}:
            raise UndeclaredInput(f"{self.product.asset} does not declare its input {asset}")
        self._inputs[record.product] = record.digest
        return record

    def look_at(self, product: Product[K2, P2], key: K2) -> Record[P2] | None:
        """What stands now of a product that comes after this one.

        Raises:
            UndeclaredInput: the product does not say that it looks at it.
        """
        if product.asset not in {other.asset for other in self.product.looks_at}:
            raise UndeclaredInput(f"{self.product.asset} does not look at {product.asset}")
        return self.work.find(product, key)

    @cached_property
    def former(self) -> Record[P] | None:
        """The product as it stands, before it is made again."""
        return self._standing[0]

    @cached_property
    def _standing(self) -> tuple[Record[P] | None, str | None]:
        return find_record(self.work.store, self.product.at(self.key), self.product.properties)

    def basis(self, settings: object) -> Basis:
        """What the product is made from: version, inputs read so far, settings."""
        return Basis(self.product.version, dict(self._inputs), identity_of(settings))

    def make(self, settings: object, build: Callable[[Path], Made[P]]) -> Record[P]:
        """Return the committed product of these inputs, building it only if it is not there.

        A run that loses the race to commit returns what the winner committed, and warns.

        Args:
            settings: what else decides what is made, see ``identity_of``.
            build: makes files in a scratch folder, validates them and returns them.
        """
        basis, self._sealed = self.basis(settings), True
        former, version = self._standing
        stands = former is not None and former.basis.digest == basis.digest
        if former is not None and stands and is_complete(self.work.store, former):
            return former
        where = self.product.at(self.key)
        with tempfile.TemporaryDirectory(prefix=f"lulc-{self.product.asset}-") as scratch:
            made = build(Path(scratch))
            try:
                return publish(
                    self.work.store, where, basis, made.files, made.properties, replaces=version
                )
            except CommitConflict as conflict:
                return self._lost(conflict)

    def _lost(self, conflict: CommitConflict) -> Record[P]:
        winner = self.work.find(self.product, self.key)
        if winner is None:
            raise conflict
        self.work.warn(
            f"another run committed {winner.product} first; its record "
            f"{winner.digest[:12]} stands, what this run made is dropped"
        )
        return winner

    def _declared(self, product: Product[K2, P2], key: K2 | None) -> K2:
        reach = self.product.reach_of(product)
        if reach is None:
            raise UndeclaredInput(
                f"{self.product.asset} does not declare its input {product.asset}; add it in "
                "steps/products.py"
            )
        if key is None:
            own: Key = self.key
            key = cast(K2, Whole() if product.key is Whole else own)
        if not reach.allows(self.key, key):
            raise UndeclaredInput(
                f"{self.product.asset} of {self.key.title} reads {product.asset} of {key.title}, "
                f"and declares {reach.value}"
            )
        return key


def write_png(folder: Path, name: str, png: bytes) -> Path:
    """Write a picture of a product into scratch."""
    path = folder / name
    path.write_bytes(png)
    return path
