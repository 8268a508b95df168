"""Dagster, thin: one file per asset group. A body reads inputs, calls one step and returns.

Loading this package reads package files only: no project file, no store, no torch.
"""

import warnings

from dagster import BetaWarning

# Mappings over two dimensions and data versions of ops are beta in Dagster 1.13, to which
# the project is pinned; tests cover what we use of them.
warnings.filterwarnings("ignore", category=BetaWarning)
