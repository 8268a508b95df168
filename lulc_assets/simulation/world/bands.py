"""The bands that an archive can have, and what sky, ground and sensor do in each.

What belongs here: names, ground sampling, and the numbers that differ by band. What does
not: reflectance of materials (``spectra``, ``red_edge``) and how a band is recorded
(``sensor``).

Six bands are the product's (Karra et al. 2021); ten are all that Sentinel-2 has at 10 and
20 m. The four more stand behind the six, so that adding them changes nothing in the six.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """One band of the sensor.

    Attributes:
        name: as ESA names it; key of the asset and name of the file.
        gsd_m: ground sampling, 10 or 20 metres.
        noise: deviation of the noise of L2A reflectance, sensor and correction together.
        dryness: what one step of dryness adds to reflectance, as a share: less chlorophyll
            and water absorb less in red and SWIR, fewer leaves scatter less in NIR (Ceccato
            et al. 2001, Remote Sensing of Environment 77).
        haze: brightness of haze against blue; less in longer waves.
        cloud: brightness of thick water cloud against red (King et al. 2004).
        direct: share of the light that comes straight from the sun, hence is missing in
            shadow.
    """

    name: str
    gsd_m: float
    noise: float
    dryness: float
    haze: float
    cloud: float
    direct: float


SIX = (
    Band("B04", 10.0, noise=0.0022, dryness=0.20, haze=0.45, cloud=1.0, direct=0.62),
    Band("B03", 10.0, noise=0.0022, dryness=0.08, haze=0.68, cloud=0.99, direct=0.56),
    Band("B02", 10.0, noise=0.0026, dryness=0.10, haze=1.0, cloud=1.03, direct=0.48),
    Band("B08", 10.0, noise=0.0032, dryness=-0.10, haze=0.18, cloud=0.98, direct=0.72),
    Band("B11", 20.0, noise=0.0028, dryness=0.13, haze=0.04, cloud=0.66, direct=0.82),
    Band("B12", 20.0, noise=0.0028, dryness=0.18, haze=0.02, cloud=0.48, direct=0.86),
)
"""Columns of ``spectra.MATERIALS``."""

RED_EDGE = (
    Band("B05", 20.0, noise=0.0026, dryness=0.10, haze=0.38, cloud=1.0, direct=0.64),
    Band("B06", 20.0, noise=0.0028, dryness=-0.02, haze=0.31, cloud=0.99, direct=0.67),
    Band("B07", 20.0, noise=0.0030, dryness=-0.08, haze=0.25, cloud=0.99, direct=0.69),
    Band("B8A", 20.0, noise=0.0030, dryness=-0.10, haze=0.17, cloud=0.98, direct=0.73),
)
"""Columns of ``red_edge.MATERIALS``: three in the red edge, and the narrow near infrared.
Haze and shadow are interpolated between red and near infrared by wavelength."""

BAND_SETS: dict[int, tuple[Band, ...]] = {6: SIX, 10: SIX + RED_EDGE}
"""Number of bands → the bands in the order of every table of reflectance."""
