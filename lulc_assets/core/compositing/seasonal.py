"""Maps of seasons, from the kept sums of one or two years, without reading a scene.

What belongs here: which sums make a season, and its layers. What does not: the sums
(``compose``).

Whether the mask of a pixel is wrong is decided over a whole year, since a season has too few
dates: each part of the sums is taken under the flags of its own year.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.layers import Layers
from lulc_assets.core.compositing.seasons import Season, season_parts
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import Decision, PartVotes, flag_tallies, strategy_of
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.progress import Progress, silent

Sums = Mapping[str, Path]
"""Part of the year → its kept sums."""


@dataclass(frozen=True)
class SeasonComposite:
    """The map of a season.

    Attributes:
        files: as of :class:`~lulc_assets.core.compositing.compose.YearComposite`.
        complete: False where the part in the former year is missing.
        datatakes: passes that voted.
        class_counts: code → pixels, all codes of the legend and 0.
        observations_median: votes at the median pixel.
    """

    files: Mapping[str, Path]
    complete: bool
    datatakes: int
    class_counts: Mapping[int, int]
    observations_median: float


def compose_seasons(
    own: Sums,
    former: Sums | None,
    grid: PixelGrid,
    settings: CompositeSettings,
    out_dir: Path,
    progress: Progress = silent,
    *,
    legend: Legend = KARRA_10,
) -> dict[str, SeasonComposite]:
    """Make the maps of all seasons of a year.

    Args:
        own: kept sums of the year, by part.
        former: those of the year before, cut into the same parts; None: not there.
        grid: of the sums and the maps.
        settings: seasons, weights and thresholds.
        out_dir: gets ``class_NAME.tif``, ``vote_share_NAME.tif`` and
            ``observations_NAME.tif`` for each season.
        progress: told after each season.
        legend: of the sums and the maps.

    Returns:
        Season → its map, in the order of the settings.

    Raises:
        ProductCorrupt: sums cannot be read, or are not of the legend's classes.
    """
    seasons = settings.windows()
    needs_former = any(season.crosses_year for season in seasons)
    with ExitStack() as stack:
        years = [
            _Year(sums, grid, settings, legend, stack)
            for sums in ([own, former] if former is not None and needs_former else [own])
        ]
        found = {}
        for number, season in enumerate(seasons, start=1):
            found[season.name] = _compose(season, years, Layers(grid, legend), settings, out_dir)
            progress(number, len(seasons), f"season {season.name} composed")
        return found


class _Year:
    """The open sums of a year, and where its masks are wrong."""

    def __init__(
        self,
        sums: Sums,
        grid: PixelGrid,
        settings: CompositeSettings,
        legend: Legend,
        stack: ExitStack,
    ) -> None:
        self.parts = {
            name: stack.enter_context(SumsFile(path, grid)) for name, path in sums.items()
        }
        for part in self.parts.values():
            if part.land != len(legend.land):
                raise ProductCorrupt(
                    f"kept sums {part.path} are of {part.land} classes, legend {legend.name} has "
                    f"{len(legend.land)}; make the annual map again"
                )
        self.flagged: npt.NDArray[np.bool_] = np.zeros(grid.shape, dtype=bool)

        def flag(window: Window) -> None:
            tallies = [part.read_tallies(window) for part in self.parts.values()]
            self.flagged[window.slices] = flag_tallies(tallies, settings, legend)

        with ThreadPoolExecutor(settings.threads) as pool:
            list(pool.map(flag, grid.blocks(BLOCK_PX)))


def _compose(
    season: Season,
    years: list[_Year],
    layers: Layers,
    settings: CompositeSettings,
    out_dir: Path,
) -> SeasonComposite:
    """The map of one season; ``years`` are its own and maybe the former one."""
    grid, legend = layers.grid, layers.legend
    strategy = strategy_of(settings, legend)
    before, after = season_parts(season, settings.parts())
    used = [(years[1], part.name) for part in before if len(years) > 1]
    used += [(years[0], part.name) for part in after]

    def decide(window: Window) -> Decision:
        return strategy.decide(
            [
                PartVotes(
                    settings.weight_table(name, legend),
                    year.parts[name].read(window),
                    np.ascontiguousarray(year.flagged[window.slices]),
                )
                for year, name in used
            ]
        )

    windows = list(grid.blocks(BLOCK_PX))
    with ThreadPoolExecutor(settings.threads) as pool:
        for window, decision in zip(windows, pool.map(decide, windows), strict=True):
            layers.put(window, decision)
    layers.apply_mapping_unit(settings.min_mapping_unit_px)
    files = layers.write(out_dir, strategy.share_title, settings.threads, f"_{season.name}")
    return SeasonComposite(
        files=files,
        complete=not before or len(years) > 1,
        datatakes=_count(year.parts[name] for year, name in used),
        class_counts=layers.class_counts(),
        observations_median=layers.observations_median(),
    )


def _count(parts: Iterable[SumsFile]) -> int:
    return sum(len(part.datatakes) for part in parts)
