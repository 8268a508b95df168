"""How fast training gets its chips, against reading the same bytes raw.

Run: ``python -m benchmarks.loader [--chips 2000] [--size 128] [--batch 16] [--json]``.

Chips of random reflectance lie in one archive as the platform writes it. Compared, in
chips a second over a shuffled epoch:

* ours: ``ChipBatches`` with flips, as training on a GPU uses it: stored numbers, converted
  after the transfer;
* ours, converted: the same with reflectance in float32 made on the CPU, as training on a
  CPU uses it;
* limit: the same decoded bytes (images uint16, masks uint8) read raw into a batch, chip by
  chip in shuffled order, from one flat file in the page cache;
* the same into the memory of a single chip, which stays in the processor's cache: what no
  loader can reach whose batches are larger than that cache. For comparison only.

Beside them, once: reading the archive (decompression included) against reading the bytes of
its file. The best of the repeats counts.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import best_seconds
from benchmarks.simulated.chips import make_chips
from lulc_assets.core.chips.archive import read_chips, write_chips, write_index
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.training.dataset import ChipBatches, select_chips

TARGET_OF_LIMIT = 0.7


def run_epoch(batches: ChipBatches) -> int:
    """Draw one epoch; returns the chips seen."""
    return sum(len(images) for images, _ in batches)


def write_flat(path: Path, chips: Chips) -> int:
    """Images and masks of all chips, chip by chip; returns bytes per chip."""
    with path.open("wb") as file:
        for image, mask in zip(chips.images, chips.masks, strict=True):
            file.write(image.tobytes())
            file.write(mask.tobytes())
    return int(chips.images[0].nbytes + chips.masks[0].nbytes)


def read_flat(path: Path, chip_bytes: int, count: int, into: int) -> Callable[[], None]:
    """A reader of the flat file, every chip once in shuffled order, into room for some chips."""
    room = np.zeros((into, chip_bytes), np.uint8)

    def read() -> None:
        handle = os.open(path, os.O_RDONLY)
        try:
            for turn, place in enumerate(np.random.default_rng(1).permutation(count)):
                found = os.preadv(handle, [room[turn % into]], int(place) * chip_bytes)
                if found != chip_bytes:
                    raise RuntimeError(f"{path}: short read")
        finally:
            os.close(handle)

    return read


def measure(count: int, size: int, batch: int, repeats: int) -> dict[str, Any]:
    """All figures of one setting."""
    with tempfile.TemporaryDirectory(prefix="lulc-loader-") as scratch:
        folder = Path(scratch)
        made = make_chips(count, size)
        archive = write_chips(folder / "chips.zarr.zip", made)
        index = write_index(folder / "index.parquet", made.index)
        chip_bytes = write_flat(folder / "flat", made)
        raw, cached = (
            best_seconds(read_flat(folder / "flat", chip_bytes, count, into), repeats)
            for into in (batch, 1)
        )
        opened = best_seconds(lambda: read_chips(archive, index), 1)
        file_read = best_seconds(archive.read_bytes, 1)
        selection = select_chips([read_chips(archive, index)], "train")
        stored, converted = (
            best_seconds(
                partial(run_epoch, ChipBatches(selection, batch, augment=True, stored=kept)),
                repeats,
            )
            for kept in (True, False)
        )
        archive_mb = archive.stat().st_size / 1e6
    return {
        "chips": count,
        "size_px": size,
        "batch": batch,
        "ours_chips_per_s": round(count / stored),
        "ours_converted_chips_per_s": round(count / converted),
        "raw_chips_per_s": round(count / raw),
        "raw_into_one_chip_chips_per_s": round(count / cached),
        "ratio_of_raw": round(raw / stored, 3),
        "target_of_raw": TARGET_OF_LIMIT,
        "archive_mb": round(archive_mb, 1),
        "open_archive_s": round(opened, 3),
        "read_archive_bytes_s": round(file_read, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--chips", type=int, default=2000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    found = measure(wanted.chips, wanted.size, wanted.batch, wanted.repeats)
    if wanted.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:>28}  {value}")
    verdict = "reached" if found["ratio_of_raw"] >= TARGET_OF_LIMIT else "missed"
    print(f"target of {TARGET_OF_LIMIT} of raw: {verdict}")


if __name__ == "__main__":
    main()
