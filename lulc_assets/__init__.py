"""Yearly 10 m land-cover maps from Sentinel-2 as Dagster assets.

Importing this package does no I/O. It registers one lazy import hook: see
``torchvision_operators``.
"""

from lulc_assets.torchvision_operators import install as _install_torchvision_operators

_install_torchvision_operators()
