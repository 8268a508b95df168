"""A page of twelve dates: true colour, NIR false colour, SCL, and the truth.

To be looked at, until it could be taken for decimated Sentinel-2 scenes.

    python -m benchmarks.pictures --archive build/believable/normal-20220713
"""

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import rasterio
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from lulc_assets.core.legend import KARRA_10

SCL_COLORS = {
    0: ("no data", "#000000"),
    2: ("dark", "#404040"),
    3: ("shadow", "#833c0c"),
    4: ("vegetation", "#00a000"),
    5: ("not vegetated", "#ffe65a"),
    6: ("water", "#0000ff"),
    7: ("unclassified", "#808080"),
    8: ("cloud, medium", "#c0c0c0"),
    9: ("cloud, high", "#ffffff"),
    10: ("cirrus", "#64c8ff"),
    11: ("snow", "#ff96ff"),
}
"""Names and colours as Sen2Cor's documentation has them."""

DATES = 12


def read_date(folder: Path) -> tuple[str, dict[str, npt.NDArray[np.float32]]]:
    """Title and bands of one item's folder; reflectance, SCL as codes, all at 10 m."""
    item = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    facts = item["properties"]
    offset = 1000 if facts["s2:processing_baseline"] >= "04.00" else 0
    bands = {}
    for name in ("B02", "B03", "B04", "B08", "SCL"):
        with rasterio.open(folder / f"{name}.tif") as source:
            stored = source.read(1).astype(np.float32)
        bands[name] = stored if name == "SCL" else (stored - offset) / 10_000
    title = (
        f"{facts['datetime'][:10]} {facts['platform'][-2:]} R{facts['sat:relative_orbit']:03d} "
        f"N{facts['s2:processing_baseline']}\ncloud {facts['eo:cloud_cover']:.0f} %"
    )
    return title, bands


def composite(
    bands: dict[str, npt.NDArray[np.float32]], names: tuple[str, ...], top: float
) -> npt.NDArray[np.float32]:
    """Three bands as an image, stretched from 0 to ``top`` with a gamma of 1.25."""
    picture = np.stack([bands[name] for name in names], axis=-1) / top
    shown: npt.NDArray[np.float32] = np.clip(picture, 0, 1) ** 0.8
    return shown


def _codes(axis: Axes, values: npt.NDArray[np.generic], colors: dict[int, str]) -> None:
    table = np.zeros((256, 3))
    for code, color in colors.items():
        table[code] = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    axis.imshow(table[values.astype(int)], interpolation="nearest")


def draw(archive: Path, tile: str, year: int, out: Path, size: int) -> None:
    """Write the page."""
    folders = sorted(
        (archive / "catalog" / tile / str(year)).iterdir(), key=lambda f: f.name.split("_")[2]
    )[:DATES]
    with rasterio.open(archive / "truth" / tile / str(year) / "class.tif") as source:
        truth = source.read(1)
    at = (slice(-size, None), slice(0, size))
    figure, axes = plt.subplots(4, DATES, figsize=(2.3 * DATES, 10.6), layout="constrained")
    land = {c.code: c.color for c in KARRA_10.classes}
    for column, folder in enumerate(folders):
        title, bands = read_date(folder)
        axes[0, column].set_title(title, fontsize=7)
        axes[0, column].imshow(composite(bands, ("B04", "B03", "B02"), 0.25)[at])
        axes[1, column].imshow(composite(bands, ("B08", "B04", "B03"), 0.45)[at])
        scl = bands["SCL"].repeat(2, 0).repeat(2, 1)
        _codes(axes[2, column], scl[at], {k: v[1] for k, v in SCL_COLORS.items()})
        _codes(axes[3, column], truth[at], land)
    for axis in axes.ravel():
        axis.set(xticks=[], yticks=[])
    for row, name in enumerate(("true colour", "NIR false colour", "SCL", f"truth {year}")):
        axes[row, 0].set_ylabel(name, fontsize=9)
    keys = [Patch(color=color, label=name) for name, color in SCL_COLORS.values()]
    keys += [Patch(color=land[c.code], label=c.name) for c in KARRA_10.land]
    figure.legend(handles=keys, loc="outside lower center", ncols=11, fontsize=7)
    figure.suptitle(
        f"Simulated Sentinel-2 L2A, tile {tile}, {size * 10 / 1000:g} km: not observations",
        fontsize=10,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=100)


def main() -> None:
    """Draw the page of one archive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--tile", default="33TWM")
    parser.add_argument("--year", type=int, default=2022)
    parser.add_argument("--size", type=int, default=512, help="pixels of 10 m a side")
    parser.add_argument("--out", type=Path, default=Path("build/pictures.png"))
    wanted = parser.parse_args()
    draw(wanted.archive, wanted.tile, wanted.year, wanted.out, wanted.size)


if __name__ == "__main__":
    main()
