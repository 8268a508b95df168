"""What a product is to the others: its declaration.

What belongs here: the type of a declaration and the ways in which one reaches the partitions of
another. What does not: the declarations themselves (``products``), and Dagster, which takes its
dependencies from them (``defs/from_products``).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from lulc_assets.core.store.keys import Key, RegionYear, TileYear, Whole
from lulc_assets.core.store.publish import product_key

K = TypeVar("K", bound=Key)
P = TypeVar("P")


class Reach(Enum):
    """Which partitions of an input a product is made from."""

    SAME = "the same partition, or the only one"
    EVERY = "any partitions"
    SAME_YEAR = "any tiles or regions of the same year"
    WITH_FORMER_YEAR = "the same tile, this year and the year before"
    FORMER_YEAR = "the same tile, the year before"

    def allows(self, own: Key, other: Key) -> bool:
        """Whether a product of key ``own`` may read an input of key ``other``."""
        if self is Reach.EVERY:
            return True
        if self is Reach.SAME:
            return other == own or isinstance(other, Whole)
        if not isinstance(own, TileYear | RegionYear) or not isinstance(
            other, TileYear | RegionYear
        ):
            return False
        if self is Reach.SAME_YEAR:
            return other.year == own.year
        same_tile = other.parts[0] == own.parts[0]
        years = (own.year - 1,) if self is Reach.FORMER_YEAR else (own.year, own.year - 1)
        return same_tile and other.year in years


@dataclass(frozen=True)
class Input:
    """Another product that a product is made from.

    Attributes:
        product: its declaration.
        reach: which of its partitions.
    """

    product: "Product[Any, Any]"
    reach: Reach = Reach.SAME


@dataclass(frozen=True)
class Product(Generic[K, P]):
    """The declaration of an asset's product.

    From it follow the identity of what is made, the record's inputs, and the asset's
    dependencies and code version in Dagster.

    Attributes:
        asset: its name.
        version: raised when the code would make something else of the same inputs. Not the
            commit of the repository: else every commit would invalidate every product.
        key: what one of them is of.
        properties: the frozen dataclass of what readers may know without opening a file.
        inputs: what it is made from. A step can read nothing else.
        looks_at: products whose present state a step asks for and which come after it (the
            model in use, when a candidate is judged). They are not dependencies in Dagster; what
            was seen goes into the identity.
        part_of: the asset that makes it, where that is another one: a scene's prediction.
    """

    asset: str
    version: int
    key: type[K]
    properties: type[P]
    inputs: tuple[Input, ...] = ()
    looks_at: tuple["Product[Any, Any]", ...] = field(default=())
    part_of: str = ""

    def at(self, key: K) -> str:
        """Where the product of a key is stored."""
        return product_key(self.asset, *key.parts)

    def reach_of(self, other: "Product[Any, Any]") -> Reach | None:
        """How this product reaches another one; None where it does not declare it."""
        return next((i.reach for i in self.inputs if i.product.asset == other.asset), None)


def in_order(products: tuple[Product[Any, Any], ...]) -> tuple[Product[Any, Any], ...]:
    """The products, inputs before what is made from them.

    Raises:
        ValueError: a name is declared twice, an input is not declared, or there is a circle.
    """
    names = [product.asset for product in products]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"declared twice: {', '.join(sorted(twice))}")
    waiting, done = list(products), list[Product[Any, Any]]()
    while waiting:
        known = {product.asset for product in done}
        ready = [p for p in waiting if {i.product.asset for i in p.inputs} <= known]
        if not ready:
            circle = ", ".join(sorted(product.asset for product in waiting))
            raise ValueError(f"a circle, or an input that is not declared, among {circle}")
        done += ready
        waiting = [product for product in waiting if product not in ready]
    return tuple(done)
