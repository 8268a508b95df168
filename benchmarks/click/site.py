"""A site with one map of a whole tile: files that compress and vote like those of a network.

What belongs here: making the site. What does not: looking at it (``looking``).
"""

from pathlib import Path

import numpy as np

from benchmarks.simulated.predictions import LAYERS, make_grid, make_scenes, scenes_in
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.figures.quicklook import encode_jpeg
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets.core.pages.map_site import write_site
from lulc_assets.core.pages.site import ScenePhoto, Site, SiteFile, SiteMap, SiteScene, SiteTile
from lulc_assets.core.pages.vote_blocks import write_vote_blocks

TILE, YEAR = "33TVM", 2022
"""The tile whose grid the simulated predictions have."""
PHOTO_PX = 2048
DISTINCT = 5
"""Scenes that differ; the others are these again, under names of their own."""
MAP_LAYERS = ("class", "vote_share", "observations")


def make_site(folder: Path, size_px: int, scenes: int, threads: int) -> Path:
    """Predictions, their map as the product composes it, and the page over both.

    Returns:
        The folder of the site; whatever part lies there already is not made again.
    """
    site, settings, grid = folder / "site", CompositeSettings(threads=threads), make_grid(size_px)
    layers = {n: SiteFile(folder / "map" / f"{n}.tif", f"data/map/{n}.tif") for n in MAP_LAYERS}
    if len(list(folder.glob("scenes/*/mask.tif"))) != scenes:
        make_scenes(folder, size_px, min(scenes, DISTINCT), threads)
        _repeat(folder / "scenes", scenes)
    found = scenes_in(folder)
    if not all(one.path.is_file() for one in layers.values()):
        compose_year(found, grid, settings, folder / "map")
    votes = folder / "votes.bin"
    if not votes.is_file():
        read = [one.path for one in layers.values()]
        read += [path for one in found for path in one.fetch()]
        write_vote_blocks(votes, read, grid, threads)
    tile = SiteTile(TILE, "simulated", grid, ())
    year = SiteMap(
        tile=TILE,
        year=YEAR,
        layers=layers,
        rule=VoteRule.of(settings, KARRA_10).to_dict(KARRA_10),
        scenes=[_scene(folder, one, grid.bounds) for one in found],
        votes=SiteFile(votes, f"data/{votes.name}"),
        mapped_ha={},
        no_data_ha=0.0,
        accuracy="",
    )
    page = Site("A tile", "Simulated.", "CC0-1.0", KARRA_10, [tile], [year])
    write_site(page, site, link=True)
    return site


def _repeat(folder: Path, scenes: int) -> None:
    """Further scenes that are links to the first ones; a browser knows them by their address."""
    made = sorted(folder.iterdir())
    for number in range(len(made), scenes):
        source, target = made[number % len(made)], folder / f"s{number:03d}"
        target.mkdir()
        for path in source.iterdir():
            (target / path.name).hardlink_to(path)


def _scene(
    folder: Path, scene: PredictedScene, bounds: tuple[float, float, float, float]
) -> SiteScene:
    layers = {
        name: SiteFile(path, f"data/scenes/{scene.scene_id}/{name}.tif")
        for name, path in zip(LAYERS, scene.fetch(), strict=True)
        if name != "mask"
    }
    photo = folder / "photos" / f"{scene.scene_id}.jpg"
    photo.parent.mkdir(exist_ok=True)
    rng = np.random.default_rng(len(scene.scene_id))
    coarse = rng.integers(20, 200, (PHOTO_PX // 16, PHOTO_PX // 16, 3), np.uint8)
    fine = np.kron(coarse, np.ones((16, 16, 1), np.uint8))
    photo.write_bytes(encode_jpeg(fine + rng.integers(0, 40, fine.shape, np.uint8)))
    picture = ScenePhoto(SiteFile(photo, f"data/photos/{scene.scene_id}.jpg"), bounds)
    return SiteScene(scene.scene_id, scene.date, scene.datatake, layers, picture)
