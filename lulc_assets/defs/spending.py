"""What a run took, as numbers that the UI plots.

What belongs here: seconds and money of what was made. What does not: past runs and quotes
(``past_maps``), what a product is (``metadata``).
"""

import os
from typing import Any

import dagster as dg

from lulc_assets.core.costs.quote import Prices

SECONDS, COST = "seconds", "cost"


def spent(seconds: float, prices: Prices) -> dict[str, dg.MetadataValue[Any]]:
    """Wall time, and its price where an hour of a core has one; nothing of what took no time.

    Wall time counts with all cores of this machine, as in a quote.

    Args:
        seconds: of making the product.
        prices: of the project.
    """
    found: dict[str, dg.MetadataValue[Any]] = {SECONDS: dg.MetadataValue.float(round(seconds, 3))}
    if prices.core_hour is not None:
        money = seconds / 3600 * (os.cpu_count() or 1) * prices.core_hour
        found[f"{COST}_{prices.currency}"] = dg.MetadataValue.float(money)
    return found
