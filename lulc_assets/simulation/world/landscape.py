"""The truth: which kind of ground lies on every pixel in every year.

What belongs here: putting terrain, water, towns, forest, scrub, fields and rocks together
on one continuous canvas, and the crops of a year. What does not: where each community lies
(``layers``), what happens between years (``change``), how it looks (``phenology``), how
it is seen (``sensor``).

Shares of the classes, soils, moisture and the calendar drift from west to east, so that
two neighbouring tiles differ and a model that is trained on one has to generalise to the
other.
"""

from dataclasses import replace

import numpy as np

from lulc_assets.core.grid import PixelGrid
from lulc_assets.simulation.world.communities import NO_ISLAND, SWARDS
from lulc_assets.simulation.world.fields import hash_unit
from lulc_assets.simulation.world.ground import Ground, Landscape, Sward
from lulc_assets.simulation.world.layers import CROPS, MEADOW_SHARES, Layers
from lulc_assets.simulation.world.parcels import (
    LOOKS_LIKE,
    certainty_of_use,
    crop_of_parcel,
    make_parcels,
)
from lulc_assets.simulation.world.settlements import make_settlements
from lulc_assets.simulation.world.spectra import kind_code
from lulc_assets.simulation.world.terrain import make_terrain, make_waters
from lulc_assets.simulation.world.tones import Tones


def make_landscape(grid: PixelGrid, seed: int, patchiness: float = 1.0) -> Landscape:
    """Make the landscape of a canvas; the same for the same arguments.

    Args:
        grid: the canvas.
        seed: of the archive.
        patchiness: factor on the shares of the patches in communities, 0–1.
    """
    rng = np.random.default_rng([seed, int(grid.x0), int(grid.y0), grid.epsg, 1])
    terrain = make_terrain(rng, grid.shape)
    waters = make_waters(rng, terrain)
    wet = waters.river | waters.lake
    towns = make_settlements(rng, terrain, wet | waters.flooded)
    parcels = make_parcels(rng, grid.shape, terrain.unit)
    layers = Layers(rng, terrain, parcels, patchiness)
    layers.place_heights()
    layers.place_woods(wet | waters.flooded | towns.town, waters)
    layers.place_open_land()
    farmland = layers.place_fields()
    layers.place_hedges()
    layers.place_wetland(waters)
    layers.grow_communities()
    layers.overlay(waters, towns)
    farmland &= layers.kind == CROPS
    tones = Tones(rng, grid.shape, terrain.unit)
    tone = tones.sown(parcels).where(layers.kind == CROPS, tones.grown(layers.look))
    first = Ground(
        kind=layers.kind,
        look=layers.look,
        other=layers.other,
        mix=layers.mix,
        earliness=tone.earliness,
        brightness=tone.brightness,
        dryness=tone.dryness,
        certainty=layers.certainty,
    )
    meadow = np.full(grid.shape, kind_code("meadow"), dtype=np.uint8)
    sward = Sward(layers.islands, tones.grown(meadow), layers.sward_mix)
    return Landscape(
        grid, terrain, waters, parcels, farmland, layers.arable_chance, towns, first, sward
    )


def apply_rotation(landscape: Landscape, ground: Ground, year: int) -> Ground:
    """Put the year's crops on the farmland that is still farmland."""
    number = landscape.parcels.number
    still = landscape.farmland & (ground.kind == CROPS)
    kind, look = ground.kind.copy(), ground.look.copy()
    other, mix = ground.other.copy(), ground.mix.copy()
    crops = crop_of_parcel(landscape.parcels, year)
    kind[still] = crops[number][still]
    look[still] = LOOKS_LIKE[crops][number][still]
    thin = hash_unit(landscape.parcels.key, np.full(landscape.parcels.key.size, year), salt=41)
    thin_soil = (0.30 * thin**2).astype(np.float32)[number]
    sown = still & (kind == look)
    mix[sown] = np.clip(mix + thin_soil, 0, 0.55)[sown]
    other[sown] = kind_code("quarry")
    trees = still & (kind == kind_code("orchard"))
    other[trees] = kind_code("pasture")
    mix[trees] = np.clip(0.3 + 0.5 * mix[trees], 0, 0.6)
    certainty = ground.certainty.copy()
    certainty[still] = 1.0
    for name in SWARDS:
        sure = certainty_of_use(landscape.arable_chance, MEADOW_SHARES[name], kind_code(name))
        alike = still & (look == kind_code(name))
        certainty[alike] = sure[number][alike]
    grassy = still & (kind != look)
    sward, meadow = landscape.sward, kind_code("dry_grassland")
    grown = grassy & (sward.islands != NO_ISLAND)
    look[grown] = sward.islands[grown]
    return replace(
        ground,
        kind=kind,
        look=look,
        other=np.where(grassy, np.uint8(meadow), other),
        mix=np.where(grassy, sward.mix, mix),
        earliness=np.where(grassy, sward.tone.earliness, ground.earliness),
        brightness=np.where(grassy, sward.tone.brightness, ground.brightness),
        dryness=np.where(grassy, sward.tone.dryness, ground.dryness),
        certainty=certainty,
    )
