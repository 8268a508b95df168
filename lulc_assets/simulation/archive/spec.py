"""What to simulate: tiles, years, seed and how hard the sensor makes it.

What belongs here: the frozen description of an archive, its digest, and builders of
common descriptions. What does not: how any of it is made, how hard it is (``profiles``).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PIXEL_M, PixelGrid, Window, owned_mask, tile_grid
from lulc_assets.core.tile_keys import validate_tile, validate_year
from lulc_assets.simulation.archive.areas import SimulatedTile, check_area, check_size
from lulc_assets.simulation.sky.profiles import NORMAL, SensorProfile
from lulc_assets.simulation.world.bands import BAND_SETS, SIX

SIMULATION_VERSION = 3
"""Raised whenever the same description would give other bytes."""

DIALECTS = ("planetary_computer", "earth_search_v1")
"""Providers whose items can be imitated; names as the catalogue room has them."""

DEMO_TILES = ("33TVM", "33TWM")
DEMO_YEARS = (2022, 2023)
DEMO_SEED = 20_220_713
DEMO_WEST_X0 = 491_960.0
DEMO_EAST_X0 = 499_980.0
_LEAST_OVERLAP_PX = 144
DEMO_TOP_Y0 = 5_150_020.0


@dataclass(frozen=True)
class ArchiveSpec:
    """Everything that decides the bytes of an archive.

    Attributes:
        name: of the archive and of the region that its reference sample covers.
        tiles: tiles with their areas of interest. Areas that touch or overlap share one
            continuous landscape.
        years: calendar years, ascending.
        scenes_per_year: acquisitions of a tile × year.
        seed: of everything random.
        labelled_windows: windows with dense label polygons, a tile.
        label_window_px: side of such a window.
        gold_share: of the windows, for the gold standard.
        sample_size: units of the region's reference sample, a year.
        old_baseline_every: each so manieth acquisition has a baseline below 04.00.
        duplicates_per_year: so many of the passes below 04.00 are in the catalogue twice,
            the second time reprocessed to a baseline with offset.
        profile: how hard sky and sensor make it.
        quiet_years: years in which nothing changes but crops and weather.
        interpreter_error_share: of the reference sample's units, with a wrong class.
        patchiness: factor on what stands in patches in each community, 0–1: how much less
            than its class a single pixel tells (``communities``).
        dialect: whose items to imitate, see ``DIALECTS``.
        bands: 6, or 10 with the red edge and the narrow near infrared (``bands.BAND_SETS``).
    """

    name: str
    tiles: tuple[SimulatedTile, ...]
    years: tuple[int, ...]
    scenes_per_year: int = 12
    seed: int = DEMO_SEED
    labelled_windows: int = 24
    label_window_px: int = 128
    gold_share: float = 0.25
    sample_size: int = 1200
    old_baseline_every: int = 3
    duplicates_per_year: int = 0
    profile: SensorProfile = field(default=NORMAL)
    quiet_years: tuple[int, ...] = ()
    interpreter_error_share: float = 0.0
    patchiness: float = 0.75
    dialect: str = DIALECTS[0]
    bands: int = len(SIX)

    def __post_init__(self) -> None:
        if not self.tiles or not self.years:
            raise InvalidProject("a simulated archive needs at least one tile and one year")
        if list(self.years) != sorted(set(self.years)):
            raise InvalidProject(f"years {self.years} must ascend without repeats")
        if len({t.tile for t in self.tiles}) != len(self.tiles):
            raise InvalidProject("a tile is named twice in the simulation's description")
        if self.scenes_per_year < 2:
            raise InvalidProject("scenes_per_year must be at least 2: one is wholly clouded")
        if self.dialect not in DIALECTS:
            raise InvalidProject(
                f"dialect {self.dialect!r} is unknown; use {' or '.join(DIALECTS)}"
            )
        if self.bands not in BAND_SETS:
            raise InvalidProject(
                f"bands {self.bands!r} is unknown; use {' or '.join(map(str, BAND_SETS))}"
            )
        if not 0 <= self.patchiness <= 1:
            raise InvalidProject(f"patchiness {self.patchiness} is not in 0–1")
        if not 0 <= self.interpreter_error_share < 1:
            raise InvalidProject(
                f"interpreter_error_share {self.interpreter_error_share} is not in 0–1"
            )
        for year in self.years:
            validate_year(year)
        for tile in self.tiles:
            check_area(tile)
        owned = sum(int(owned_mask(t.tile, t.grid).sum()) for t in self.tiles)
        if not 0 < self.sample_size <= owned:
            raise InvalidProject(
                f"sample_size {self.sample_size} must be between 1 and the {owned} pixels "
                "that the tiles own"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, with the version of the simulation.

        Six bands go without saying, so that archives made before there were ten keep their
        digest.
        """
        fields = asdict(self)
        if self.bands == len(SIX):
            del fields["bands"]
        return {"simulation_version": SIMULATION_VERSION, **fields}

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of everything that decides the bytes."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def demo_spec(
    seed: int = DEMO_SEED,
    size_px: int = 1024,
    *,
    years: Sequence[int] = DEMO_YEARS,
    scenes_per_year: int = 12,
    sample_size: int = 1200,
    profile: SensorProfile = NORMAL,
) -> ArchiveSpec:
    """Two neighbouring tiles of zone 33 in Central Europe that overlap.

    The eastern area starts at the eastern tile's first column. Of the western one 0.217 lies
    beside it, and of smaller areas 144 px or some three eighths: the seam of two tiles lies 96 px
    east of the border of their squares (``core/seams``), and the western tile needs ground beyond.

    Raises:
        InvalidYear, InvalidProject: an argument makes no sense.
    """
    check_size(size_px)
    share = size_px - round((DEMO_EAST_X0 - DEMO_WEST_X0) * size_px / 1024 / 20) * 2
    overlap = max(share, min(_LEAST_OVERLAP_PX, 3 * size_px // 16 * 2 + 2))
    west = DEMO_EAST_X0 - (size_px - overlap) * PIXEL_M
    epsg = tile_grid(DEMO_TILES[0]).epsg
    grids = [PixelGrid(epsg, x0, DEMO_TOP_Y0, size_px, size_px) for x0 in (west, DEMO_EAST_X0)]
    return ArchiveSpec(
        name="demo",
        tiles=tuple(SimulatedTile(t, g) for t, g in zip(DEMO_TILES, grids, strict=True)),
        years=tuple(years),
        scenes_per_year=scenes_per_year,
        seed=seed,
        labelled_windows=36,
        label_window_px=min(128, size_px // 8),
        sample_size=sample_size,
        profile=profile,
    )


def build_spec(
    name: str,
    tiles: Sequence[str],
    years: Sequence[int],
    *,
    size_px: int = 1024,
    seed: int = DEMO_SEED,
    scenes_per_year: int = 12,
    labelled_windows: int = 24,
    sample_size: int = 1200,
    profile: SensorProfile = NORMAL,
) -> ArchiveSpec:
    """A description for any tiles; each area lies in the middle of its tile.

    Areas of different tiles do not touch (unless ``size_px`` is nearly the whole tile),
    so each gets a landscape of its own. ``size_px`` must be even.

    Raises:
        InvalidTileKey, InvalidYear, InvalidProject: an argument makes no sense.
    """
    check_size(size_px)
    areas = []
    for tile in tiles:
        whole = tile_grid(validate_tile(tile))
        start = (whole.width - size_px) // 4 * 2
        areas.append(SimulatedTile(tile, whole.cut(Window(start, start, size_px, size_px))))
    return ArchiveSpec(
        name=name,
        tiles=tuple(areas),
        years=tuple(sorted(int(y) for y in years)),
        scenes_per_year=scenes_per_year,
        seed=seed,
        labelled_windows=labelled_windows,
        label_window_px=min(128, max(16, size_px // 8)),
        sample_size=sample_size,
        profile=profile,
    )


def archive_spec(
    tiles: Sequence[str],
    years: Sequence[int],
    *,
    size_px: int = 1024,
    seed: int = DEMO_SEED,
    scenes_per_year: int = 12,
    sample_size: int = 1200,
    profile: SensorProfile = NORMAL,
    dialect: str = DIALECTS[0],
    bands: int = len(SIX),
) -> ArchiveSpec:
    """A description for users: the demo's two tiles overlap, others lie alone.

    One pass below baseline 04.00 a year is there twice, as in archives that reprocess.

    Raises:
        InvalidTileKey, InvalidYear, InvalidProject: an argument makes no sense.
    """
    ordered = tuple(sorted({int(y) for y in years}))
    if tuple(tiles) == DEMO_TILES:
        spec = demo_spec(
            seed,
            size_px,
            years=ordered,
            scenes_per_year=scenes_per_year,
            sample_size=sample_size,
            profile=profile,
        )
    else:
        spec = build_spec(
            "simulated",
            tiles,
            ordered,
            size_px=size_px,
            seed=seed,
            scenes_per_year=scenes_per_year,
            sample_size=sample_size,
            profile=profile,
        )
    return replace(spec, dialect=dialect, bands=bands, duplicates_per_year=1)
