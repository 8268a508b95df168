"""Why an item is in no dialect, or not in the one that the user named.

What belongs here: comparing an item with all dialects. What does not: what one dialect needs
(``dialect``), which dialects there are (``dialects``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lulc_assets.core.catalog.dialect import Dialect
from lulc_assets.core.catalog.product import parse_product_name
from lulc_assets.core.errors import DialectContradicted


def require_no_contradiction(
    item: Mapping[str, Any], named: Dialect, known: Sequence[Dialect]
) -> None:
    """Refuse to read an item in a dialect that is not its own.

    A name helps where no dialect recognises an item (a mirror under another collection). It does
    not overrule an item that says by collection, marks or level that it is another provider's:
    offset and bands would be read by the wrong rules.

    Raises:
        DialectContradicted: names what the item says, and what the named dialect needs.
    """
    if named.recognises(item):
        return
    others = [one for one in known if one.recognises(item)]
    if not others and not named.bears_marks(item):
        others = [one for one in known if one.bears_marks(item)]
    wrong = [f"{name} = {value!r}" for name, value in _disagreements(item, named).items()]
    if others or wrong:
        written = f"is written in {others[0].name}" if others else f"has {', '.join(wrong)}"
        raise DialectContradicted(
            f"item {item.get('id')!r} {written}; dialect {named.name!r}, which was named, needs "
            f"{', '.join(named.missing(item))}. Name no dialect, or the right one"
        )


def explain_unknown(item: Mapping[str, Any], known: Sequence[Dialect]) -> str:
    """What the dialects lack that are nearest to an item, and its level if that is why."""
    product = parse_product_name(str(item.get("id") or ""))
    properties = item.get("properties") or {}
    kinds = {str(properties.get(name)) for name in ("s2:product_type", "product:type")}
    level = ""
    if "S2MSI1C" in kinds or (product is not None and product.level == "L1C"):
        level = "It is a level 1C product, which only plain_l1c reads. "
    lacking = {one.name: one.missing(item) for one in known}
    fewest = min(map(len, lacking.values()))
    near = [
        f"{name} needs {', '.join(what)}" for name, what in lacking.items() if len(what) == fewest
    ]
    return f"{level}Nearest: {'; '.join(near)}"


def _disagreements(item: Mapping[str, Any], named: Dialect) -> dict[str, Any]:
    """Properties that an item has with other values than the dialect's."""
    properties = item.get("properties") or {}
    fixed = {name: value for name, value in named.marks.items() if value is not None}
    return {
        name: properties[name]
        for name, value in {**(named.agrees or {}), **fixed}.items()
        if name in properties and properties[name] != value
    }
