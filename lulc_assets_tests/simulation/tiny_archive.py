"""A single small tile for tests of the simulation."""

from collections.abc import Sequence

from lulc_assets.simulation.archive.spec import ArchiveSpec, build_spec


def tiny_spec(
    seed: int = 1,
    *,
    size_px: int = 96,
    tile: str = "33TVM",
    years: Sequence[int] = (2022,),
    scenes_per_year: int = 4,
) -> ArchiveSpec:
    """A single small tile for tests: made in about a second."""
    return build_spec(
        "tiny",
        [tile],
        years,
        size_px=size_px,
        seed=seed,
        scenes_per_year=scenes_per_year,
        labelled_windows=8,
        sample_size=200,
    )
