"""Dagster, thin: one file per asset group. A body reads inputs, calls one step and returns.

Loading this package reads package files, and of the project file whom it names to ask
(``policies``): no store, no torch.
"""

import warnings

from dagster import BetaWarning, PreviewWarning

# Mappings over two dimensions, data versions of ops and checks of a partition are beta or preview
# in Dagster 1.13, to which the project is pinned; tests cover what we use of them.
warnings.filterwarnings("ignore", category=BetaWarning)
warnings.filterwarnings("ignore", category=PreviewWarning)
