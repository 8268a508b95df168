"""A second tier of classes: what the simulation knows beyond the ten.

What belongs here: 14 classes, each a part of one of the default legend's, and which kinds of
ground they hold: crops by type, forest by leaf, built ground by density. What does not: how
kinds look (``spectra``).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lulc_assets.simulation.world.spectra import KINDS

TIER_2: Mapping[str, tuple[str, ...]] = {
    "open_water": ("lake", "river", "seasonal_lake"),
    "conifers": ("conifers",),
    "broadleaf_forest": ("broadleaf_forest", "young_forest"),
    "meadow": ("meadow", "pasture", "park"),
    "dry_grassland": ("dry_grassland", "alpine_grass"),
    "wetland": ("reed_bed", "wet_meadow"),
    "cereals": ("winter_wheat", "rape"),
    "row_crops": ("maize", "beet"),
    "other_crops": ("fodder", "fallow", "orchard"),
    "shrubland": ("shrubs", "heath", "regrowth"),
    "dense_built": ("tiled_roofs", "streets", "halls", "bright_halls"),
    "gardens": ("gardens",),
    "bare": (
        "scree", "dark_cliffs", "gravel_bar", "quarry", "clear_cut", "burnt_scrub", "mud_flat",
    ),
    "snow": ("permanent_snow",),
}  # fmt: skip
"""Class → kinds of ground; code = place + 1."""

PARENTS: Mapping[str, str] = {
    "conifers": "forest", "broadleaf_forest": "forest", "meadow": "grass", "dry_grassland": "grass",
    "cereals": "crops", "row_crops": "crops", "other_crops": "crops", "dense_built": "built",
    "gardens": "built",
}  # fmt: skip
"""Class → group; classes that are not named are a group of their own."""


def tier_of_kind() -> npt.NDArray[np.uint8]:
    """Tier-2 code of each kind, shape (kinds,), uint8."""
    codes = {kind: code for code, kinds in enumerate(TIER_2.values(), start=1) for kind in kinds}
    return np.array([codes[kind.name] for kind in KINDS], dtype=np.uint8)
