"""Subcommands of ``lulc``, one module per noun.

A module defines ``app``, a Typer application; ``lulc_assets.cli`` adds it under its name.
Heavy imports (torch, Dagster, rasterio) go inside the commands, so that ``--help`` is quick.
"""
