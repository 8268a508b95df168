"""Encoders that know land cover already: of U-Nets trained on the simulated archive.

What belongs here: one tile of ten bands, and a U-Net for each encoder. What does not: patches.

A U-Net of ten bands serves all networks. The sets of bands begin alike (red, green, blue; then near
and short-wave infrared; then the red edge): the first layer of a network with fewer bands takes the
weights of those that it has. One of thirteen takes all ten, and gives coastal, water vapour and
cirrus those of red, green and blue.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips

TILE, YEAR = "33TVM", 2022


def cut_simulated_chips(size_px: int = 512) -> "Chips":
    """Chips of 64 px in ten bands, from a tile of six acquisitions."""
    from dataclasses import replace

    from benchmarks.simulated.tile_years import open_tile_year
    from lulc_assets.core.chips.cut import cut_chips
    from lulc_assets.core.chips.dates import choose_dates
    from lulc_assets.core.chips.settings import ChipSettings
    from lulc_assets.core.scene.bands import TEN
    from lulc_assets.simulation.archive.spec import build_spec
    from lulc_assets.simulation.archive.write import write_archive

    spec = replace(
        build_spec("patches", [TILE], (YEAR,), size_px=size_px, scenes_per_year=6), bands=10
    )
    settings = ChipSettings(gold_apart="pixel", size_px=64, overlap_px=16, block_px=128)
    with tempfile.TemporaryDirectory(prefix="lulc-patches-") as scratch:
        write_archive(spec, Path(scratch))
        place = open_tile_year(Path(scratch), spec.tiles[0].grid, TILE, YEAR, TEN)
        dates = choose_dates(place.recipes, settings)
        return cut_chips(dates, place.grid, place.train_mask, place.gold_mask, settings)


def train_encoder(encoder: str, chips: "Chips", views: int, out: Path) -> Path:
    """Weights of the encoder of a U-Net that was shown so many chips; the file."""
    from lulc_assets.core.legend import KARRA_10
    from lulc_assets.core.model.artifacts import write_weights
    from lulc_assets.core.training.recipe import TrainingRecipe
    from lulc_assets.core.training.train import train_model

    recipe = TrainingRecipe(
        architecture="Unet", encoder=encoder, encoder_depth=5, max_chip_views=views,
        decoder_channels=(64, 64, 32, 16, 16), precision="32-true", threads=1,
    )  # fmt: skip
    trained = train_model(
        [chips], recipe, KARRA_10, level="L2A", gsd_m=10.0, inputs={}, out_dir=out / encoder
    )
    path = out / f"{encoder}.safetensors"
    write_weights(trained.network().parts[0], path)
    return path
