"""The bands of Sentinel-2 by name, and the sets of them that people use.

What belongs here: names, native sampling and order. What does not: what a provider calls the
files (``core/catalog/dialects``), reading them (``core/imagery``).

A band is known by its role, which is the common name of the STAC electro-optical extension
where that names one band only: ``swir1`` and ``swir2`` are what the extension calls ``swir16``
and ``swir22``, ``rededge1`` to ``rededge3`` its ``rededge071`` to ``rededge078``. Source of
wavelengths and sampling: Sentinel-2 MSI User Guide, "Spatial and spectral resolution".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lulc_assets.core.errors import InvalidProject

RGB = ("red", "green", "blue")
SIX = (*RGB, "nir", "swir1", "swir2")
"""The default, B04 B03 B02 B08 B11 B12 (Karra et al. 2021)."""
TEN = (*SIX, "rededge1", "rededge2", "rededge3", "nir08")
"""All that Sentinel-2 has at 10 and 20 m."""
TWELVE = (*TEN, "coastal", "nir09")
"""All of level 2A."""
THIRTEEN = (*TWELVE, "cirrus")
"""All of level 1C; level 2A has no cirrus band."""

BAND_SETS: Mapping[str, tuple[str, ...]] = {
    "rgb": RGB, "six": SIX, "ten": TEN, "twelve": TWELVE, "thirteen": THIRTEEN,
}  # fmt: skip


@dataclass(frozen=True)
class Band:
    """A band.

    Attributes:
        role: our name.
        number: Sentinel-2's, ``B04``.
        common_name: of the STAC extension.
        gsd_m: native ground sampling, metres.
        wavelength_nm: of its centre.
    """

    role: str
    number: str
    common_name: str
    gsd_m: float
    wavelength_nm: int


BANDS: Mapping[str, Band] = {
    band.role: band
    for band in (
        Band("red", "B04", "red", 10, 665),
        Band("green", "B03", "green", 10, 560),
        Band("blue", "B02", "blue", 10, 490),
        Band("nir", "B08", "nir", 10, 842),
        Band("swir1", "B11", "swir16", 20, 1610),
        Band("swir2", "B12", "swir22", 20, 2190),
        Band("rededge1", "B05", "rededge071", 20, 705),
        Band("rededge2", "B06", "rededge075", 20, 740),
        Band("rededge3", "B07", "rededge078", 20, 783),
        Band("nir08", "B8A", "nir08", 20, 865),
        Band("coastal", "B01", "coastal", 60, 443),
        Band("nir09", "B09", "nir09", 60, 945),
        Band("cirrus", "B10", "cirrus", 60, 1375),
    )
}
"""Role → band, in the order of :data:`THIRTEEN`."""


def as_picture(roles: Sequence[str]) -> tuple[str, str, str]:
    """The three of some bands that are shown as red, green and blue.

    True colour where there are such bands; else the longest, the middle and the shortest wave.
    """
    if set(RGB) <= set(roles):
        return RGB
    waves = sorted(roles, key=lambda role: -BANDS[role].wavelength_nm)
    return waves[0], waves[len(waves) // 2], waves[-1]


def parse_bands(wanted: str | Sequence[str]) -> tuple[str, ...]:
    """Roles of a named set, or of bands by role, common name or number, in the order given.

    Raises:
        InvalidProject: no such set or band, a band twice, or none at all.
    """
    if isinstance(wanted, str):
        if wanted not in BAND_SETS:
            raise InvalidProject(
                f"bands: no set is called {wanted!r}; known: {', '.join(BAND_SETS)}, or give a "
                "list of bands"
            )
        return BAND_SETS[wanted]
    roles = tuple(map(_role_of, wanted))
    twice = sorted({role for role in roles if roles.count(role) > 1})
    if twice or not roles:
        raise InvalidProject(f"bands: {', '.join(twice)} given twice" if twice else "bands: none")
    return roles


def _role_of(name: str) -> str:
    for band in BANDS.values():
        if name.casefold() in (band.role, band.common_name, band.number.casefold()):
            return band.role
    known = ", ".join(f"{band.role} ({band.number})" for band in BANDS.values())
    raise InvalidProject(f"bands: no band is called {name!r}; known: {known}")
