"""Band statistics of the simulated archive against measured and published ranges.

For each land class: 5th percentile, median and 95th percentile of surface reflectance over
the clear pixels of the growing season (April to October), two pixels and more away from
other classes, as in EuroSAT's patches of one class each; with what limits it: the like
class of EuroSAT-100 (top of atmosphere, so blue and green are left out of the judgement)
and physical limits. Exit code 1 if a median is outside.

With ``--bands 10`` the red edge (B05, B06, B07) and the narrow near infrared (B8A) too.

    python -m benchmarks.spectra --eurosat ../shared/data/eurosat_ms_100
    python -m benchmarks.spectra --bands 10
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from scipy import ndimage

from benchmarks.simulated.tile_years import clear, open_tile_year
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.simulation.archive.spec import DEMO_SEED, ArchiveSpec, demo_spec
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.simulation.world.bands import BAND_SETS, SIX, Band

YEAR = 2022
NOT_JUDGED = ("B03", "B02")
"""Brightened by the air in EuroSAT's patches, which are top of atmosphere."""

EUROSAT_ORDER = [
    "B01",
    "B02",
    "B03",
    "B04",
    "B05",
    "B06",
    "B07",
    "B08",
    "B09",
    "B10",
    "B11",
    "B12",
    "B8A",
]
LIKE: dict[C, tuple[str, ...]] = {
    C.WATER: ("SeaLake", "River"),
    C.TREES: ("Forest",),
    C.GRASS: ("Pasture", "HerbaceousVegetation"),
    C.CROPS: ("AnnualCrop", "PermanentCrop"),
    C.SCRUB: ("HerbaceousVegetation",),
    C.BUILT_AREA: ("Residential", "Industrial"),
}
"""Land class → EuroSAT classes; flooded vegetation, bare ground and snow have none."""

Quantiles = npt.NDArray[np.float64]
"""5 %, 50 %, 95 % by band, shape (3, bands), reflectance."""


def measure_eurosat(folder: Path, bands: Sequence[Band]) -> dict[C, Quantiles]:
    """Quantiles of the like classes."""
    rows = [EUROSAT_ORDER.index(band.name) + 1 for band in bands]
    found = {}
    for land, names in LIKE.items():
        pixels = []
        for path in sorted(p for name in names for p in folder.rglob(f"{name}/*.tif")):
            with rasterio.open(path) as source:
                pixels.append(source.read(rows).reshape(len(rows), -1))
        if not pixels:
            raise SystemExit(f"{folder} has no patches of {', '.join(names)}")
        found[land] = np.quantile(np.concatenate(pixels, 1) / 10_000, (0.05, 0.5, 0.95), axis=1)
    return found


def measure_archive(root: Path, spec: ArchiveSpec) -> dict[C, Quantiles]:
    """Quantiles over the tiles' clear growing-season pixels, by true class."""
    write_archive(spec, root)
    more = BAND_SETS[spec.bands][len(SIX) :]
    rng = np.random.default_rng(0)
    by_class: dict[C, list[npt.NDArray[np.float32]]] = {C(c.code): [] for c in KARRA_10.land}
    for area in spec.tiles:
        place = open_tile_year(root, area.grid, area.tile, YEAR)
        with rasterio.open(root / "truth" / area.tile / str(YEAR) / "class.tif") as source:
            truth = source.read(1)
        inside = ndimage.minimum_filter(truth, 5) == ndimage.maximum_filter(truth, 5)
        for recipe in place.recipes:
            if not 4 <= recipe.datetime.month <= 10:
                continue
            block = read_scene(recipe, area.grid)
            seen = np.concatenate([block.reflectance, *(read_coarse(recipe, b) for b in more)])
            seen = seen.reshape(spec.bands, -1)
            # Snow that SCL sees is another class on that date, but for snow itself.
            for land, parts in by_class.items():
                snowy = (block.scl == 11) & (land != C.SNOW_ICE)
                places = np.flatnonzero(clear(block) & (truth == land) & inside & ~snowy)
                chosen = rng.choice(places, size=min(20_000, places.size), replace=False)
                parts.append(seen[:, chosen])
    return {
        land: np.quantile(np.concatenate(parts, axis=1), (0.05, 0.5, 0.95), axis=1)
        for land, parts in by_class.items()
    }


def read_coarse(recipe: SceneRecipe, band: Band) -> npt.NDArray[np.float32]:
    """Reflectance of a 20 m band that the product does not read, on 10 m, shape (1, h, w)."""
    with rasterio.open(Path(recipe.bands["swir1"].href).with_name(f"{band.name}.tif")) as source:
        dn = source.read().astype(np.float32)
    reflectance = np.clip((dn + np.float32(recipe.offset_dn)) * np.float32(recipe.scale), 0, 1)
    fine: npt.NDArray[np.float32] = np.repeat(np.repeat(reflectance, 2, axis=1), 2, axis=2)
    return fine


def physical_faults(found: dict[C, Quantiles]) -> list[str]:
    """Medians that break a physical limit; the sources are in ``docs/simulation.md``."""
    red, green, _, nir, swir1, swir2 = range(len(SIX))
    middle = {land: values[1] for land, values in found.items()}
    water, trees, bare, snow = (middle[c] for c in (C.WATER, C.TREES, C.BARE_GROUND, C.SNOW_ICE))
    ndsi = (snow[green] - snow[swir1]) / (snow[green] + snow[swir1])
    limits = {
        "water NIR < 0.05": water[nir] < 0.05,
        "water SWIR < 0.03": max(water[swir1], water[swir2]) < 0.03,
        "snow NDSI > 0.4": ndsi > 0.4,
        "bare ground rises to SWIR1": bare[red] < bare[nir] < bare[swir1] > bare[swir2],
        "trees red < 0.05": trees[red] < 0.05,
        "trees NIR 0.15-0.45": 0.15 < trees[nir] < 0.45,
    }
    return [name for name, holds in limits.items() if not holds]


def main() -> None:
    """Print the table; exit with 1 if a median is outside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eurosat", type=Path, default=Path("../shared/data/eurosat_ms_100"))
    parser.add_argument("--archive", type=Path, default=Path("build/believable/normal-spectra"))
    parser.add_argument("--seed", type=int, default=DEMO_SEED)
    parser.add_argument("--bands", type=int, choices=sorted(BAND_SETS), default=len(SIX))
    parser.add_argument("--size", type=int, default=1024, help="side of a tile's area, pixels")
    wanted = parser.parse_args()
    bands = BAND_SETS[wanted.bands]
    spec = demo_spec(wanted.seed, wanted.size, years=(YEAR,))
    found = measure_archive(wanted.archive, dataclasses.replace(spec, bands=wanted.bands))
    measured = measure_eurosat(wanted.eurosat, bands)
    faults = physical_faults(found)
    print("| class | band | 5 % | median | 95 % | EuroSAT 5 – 95 % |\n" + "| --- " * 6 + "|")
    for land, values in found.items():
        for i, band in enumerate(band.name for band in bands):
            like = measured.get(land)
            span = "" if like is None else f"{like[0, i]:.3f} – {like[2, i]:.3f}"
            unlike = like is not None and not like[0, i] <= values[1, i] <= like[2, i]
            if unlike and band not in NOT_JUDGED:
                faults.append(f"{land.name.lower()} {band} {values[1, i]:.3f} not in {span}")
            low, middle, high = values[:, i]
            name = KARRA_10.by_code(int(land)).name
            print(f"| {name} | {band} | {low:.3f} | {middle:.3f} | {high:.3f} | {span} |")
    print("\nout of range: " + ("; ".join(faults) or "nothing"))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
