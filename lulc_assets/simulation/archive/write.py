"""Writing a whole archive: scenes, catalogue, labels, reference samples and truth.

What belongs here: the order of work and the promise that a finished archive is complete.
What does not: what is in the files.

The archive grows in a partial folder beside its final place and is renamed at the end,
when ``archive.json`` with its digest is in it. A killed run leaves only the partial
folder, which the next run throws away. Layout::

    archive.json                              digest and description
    catalog/catalog.json                      STAC catalogue with relative links
    catalog/<tile>/<year>/<item>/<item>.json  and its bands and SCL beside it
    labels.gpkg                               layer ``labels``
    gold_drawings.gpkg                        layer ``labels``: three annotators' gold windows
    samples/reference_sample_<year>.gpkg      layer ``sample``, and a JSON sidecar
    samples/stratified_<year>.gpkg            likewise under other designs, with the map
    samples/cluster_<year>.gpkg               ``older_map_<year>_<tile>.tif`` of the strata
    truth/                                    for judging only, the pipeline never reads it
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.progress import Progress, silent
from lulc_assets.simulation.archive.areas import SimulatedTile
from lulc_assets.simulation.archive.canvas import Canvas, make_canvases, swath_of
from lulc_assets.simulation.archive.labels import LabelWindow, choose_windows, draw_labels
from lulc_assets.simulation.archive.providers import PROVIDERS
from lulc_assets.simulation.archive.raster_files import half_grid, write_raster
from lulc_assets.simulation.archive.sample import write_samples
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.stac import write_catalog, write_json
from lulc_assets.simulation.archive.truth import write_certainty, write_tier_2, write_truth
from lulc_assets.simulation.archive.vector_files import write_geopackage
from lulc_assets.simulation.sky.passes import Pass, plan_year
from lulc_assets.simulation.sky.sensor import Observation, View, observe
from lulc_assets.simulation.world.bands import BAND_SETS
from lulc_assets.simulation.world.change import Change, History, make_history
from lulc_assets.simulation.world.landscape import make_landscape

LEAST_COVERED_SHARE = 0.02
"""A scene of which the tile sees less than this is not in the catalogue."""

LABELS = "labels.gpkg"
GOLD_DRAWINGS = "gold_drawings.gpkg"
_RECORD = "archive.json"
Truth = dict[int, dict[str, npt.NDArray[np.uint8]]]


@dataclass(frozen=True)
class ArchivePaths:
    """Where the parts of a finished archive are.

    Attributes:
        root: folder of the archive.
        catalog: root of the STAC catalogue, a ``catalog.json``.
        labels: GeoPackage, layer ``labels``.
        samples: year → GeoPackage, layer ``sample``.
        truth: folder for judging; the pipeline never reads it.
        digest: of the description that the archive was made from.
    """

    root: Path
    catalog: Path
    labels: Path
    samples: dict[int, Path]
    truth: Path
    digest: str


def archive_paths(spec: ArchiveSpec, root: Path) -> ArchivePaths:
    """Where the parts of the archive of a description are, written or not."""
    samples = {y: root / "samples" / f"reference_sample_{y}.gpkg" for y in spec.years}
    return ArchivePaths(
        root=root,
        catalog=root / "catalog" / "catalog.json",
        labels=root / LABELS,
        samples=samples,
        truth=root / "truth",
        digest=spec.digest,
    )


def write_archive(
    spec: ArchiveSpec, out_dir: str | os.PathLike[str], progress: Progress = silent
) -> ArchivePaths:
    """Make the archive, unless a finished one of the same description is there already.

    An archive of another description in the same place is replaced.

    Args:
        spec: what to simulate.
        out_dir: folder of the archive; made if missing.
        progress: called after each scene.

    Raises:
        InvalidProject: ``out_dir`` holds something that is not a simulated archive.
    """
    root = Path(out_dir).resolve()
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.with_name(f".{root.name}.lock")):
        found = _digest_in(root)
        if found == spec.digest:
            return archive_paths(spec, root)
        if found is None and root.exists() and any(root.iterdir()):
            raise InvalidProject(
                f"{root} is not empty and holds no finished simulated archive; "
                "name another folder, or empty it"
            )
        partial = root.with_name(f".{root.name}.partial")
        replaced = root.with_name(f".{root.name}.replaced")
        for leftover in (partial, replaced):
            shutil.rmtree(leftover, ignore_errors=True)
        _write_parts(spec, partial, progress)
        record = {"digest": spec.digest, "spec": spec.to_dict()}
        write_json(partial / _RECORD, record)
        if root.exists():
            root.rename(replaced)
        partial.rename(root)
        shutil.rmtree(replaced, ignore_errors=True)
    return archive_paths(spec, root)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system drops when the process dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _digest_in(root: Path) -> str | None:
    try:
        record = json.loads((root / _RECORD).read_text(encoding="utf-8"))
        return str(record["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_parts(spec: ArchiveSpec, root: Path, progress: Progress) -> None:
    paths = archive_paths(spec, root)
    for folder in (root / "catalog", root / "samples", paths.truth):
        folder.mkdir(parents=True)
    truth: Truth = {year: {} for year in spec.years}
    changes: list[tuple[PixelGrid, Change]] = []
    items: list[str] = []
    total = len(spec.tiles) * len(spec.years) * spec.scenes_per_year
    for canvas in make_canvases(spec):
        landscape = make_landscape(canvas.grid, spec.seed, spec.patchiness)
        history = make_history(landscape, spec.years, spec.seed, spec.quiet_years)
        changes += [(canvas.grid, change) for change in history.changes]
        for year in spec.years:
            ground = history.of_year(year)
            for tile in canvas.tiles:
                at = canvas.window(tile).slices
                truth[year][tile.tile] = np.ascontiguousarray(ground.land_class[at])
                folder = paths.truth / tile.tile / str(year)
                write_tier_2(np.ascontiguousarray(ground.kind[at]), tile.grid, folder)
                write_certainty(np.ascontiguousarray(ground.certainty[at]), tile.grid, folder)
            for names in _write_scenes(spec, canvas, history, year, root / "catalog"):
                items += names
                progress(len(items), total, f"simulate {canvas.tiles[0].tile} {year}")
    write_catalog(paths.catalog, spec.name, items)
    _write_labels(spec, truth, root)
    for year in spec.years:
        write_samples(spec, year, truth[year], root / "samples")
    write_truth(spec, truth, changes, paths.truth)


def _write_scenes(
    spec: ArchiveSpec, canvas: Canvas, history: History, year: int, folder: Path
) -> Iterator[list[str]]:
    """Observe a year's passes and write them; yields the items of each pass by date.

    Passes are independent of each other, so that the number of threads changes nothing.
    """
    passes = plan_year(
        spec.seed,
        canvas.place,
        [t.tile for t in canvas.tiles],
        year,
        scenes=spec.scenes_per_year,
        old_baseline_every=spec.old_baseline_every,
        centre_deg=_centre_deg(canvas),
    )
    twice = [p for p in passes if p.offset_dn == 0][: spec.duplicates_per_year]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for done, alike in groupby(passes, lambda p: history.done_on(p.sensed.date())):
            view = View.of(history.landscape, history.ground(done, year))
            make = partial(_make_pass, spec, canvas, view, twice, folder)
            yield from pool.map(make, alike)


def _make_pass(
    spec: ArchiveSpec,
    canvas: Canvas,
    view: View,
    twice: Sequence[Pass],
    folder: Path,
    scene: Pass,
) -> list[str]:
    """Observe one pass and write its tiles; returns the items."""
    seen = observe(
        view, scene, swath_of(canvas, scene), spec.profile, spec.seed, BAND_SETS[spec.bands]
    )
    versions = [(scene, seen)]
    if scene in twice:
        again = scene.reprocessed()
        versions.append((again, seen.with_offset(again.offset_dn)))
    written = [
        _write_scene(spec, canvas, tile, version, pixels, folder)
        for version, pixels in versions
        for tile in canvas.tiles
    ]
    return [item for item in written if item]


def _centre_deg(canvas: Canvas) -> tuple[float, float]:
    """Longitude and latitude of the canvas' centre."""
    left, bottom, right, top = canvas.grid.bounds
    to_degrees = Transformer.from_crs(canvas.grid.epsg, 4326, always_xy=True)
    lon, lat = to_degrees.transform((left + right) / 2, (bottom + top) / 2)
    return float(lon), float(lat)


def _write_scene(
    spec: ArchiveSpec,
    canvas: Canvas,
    tile: SimulatedTile,
    scene: Pass,
    seen: Observation,
    folder: Path,
) -> str | None:
    """Write one tile's files and item; returns the item's path below the catalogue."""
    provider = PROVIDERS[spec.dialect]
    if provider.removes_offset:
        seen = seen.with_offset(0)
    window = canvas.window(tile)
    fine = window.slices
    coarse = tuple(slice(s.start // 2, s.stop // 2) for s in fine)
    scl = np.ascontiguousarray(seen.scl[coarse])
    if (scl > 0).mean() < LEAST_COVERED_SHARE:
        return None
    item = provider.make_item(scene, tile.tile, tile.grid, scl, BAND_SETS[spec.bands])
    name_of_item = str(item["id"])
    place = folder / tile.tile / str(scene.year) / name_of_item
    place.mkdir(parents=True)
    for name, dn in seen.dn.items():
        low = dn.shape == seen.scl.shape
        values = np.ascontiguousarray(dn[coarse if low else fine])
        grid = half_grid(tile.grid) if low else tile.grid
        write_raster(place / f"{name}.tif", values, grid, "average")
    write_raster(place / "SCL.tif", scl, half_grid(tile.grid), "mode")
    path = place / f"{name_of_item}.json"
    write_json(path, item)
    return path.relative_to(folder).as_posix()


def _write_labels(spec: ArchiveSpec, truth: Truth, root: Path) -> None:
    """Draw windows from the first year's truth, then label them in each year."""
    labels, drawings = [], []
    target = f"EPSG:{spec.tiles[0].grid.epsg}"
    for area in spec.tiles:
        windows: Sequence[LabelWindow] = choose_windows(spec, area, truth[spec.years[0]][area.tile])
        for year in spec.years:
            agreed, drawn = draw_labels(spec, area, list(windows), year, truth[year][area.tile])
            labels.append(agreed.to_crs(target))
            drawings.append(drawn.to_crs(target))
    for name, tables in ((LABELS, labels), (GOLD_DRAWINGS, drawings)):
        write_geopackage(root / name, pd.concat(tables, ignore_index=True), "labels")
