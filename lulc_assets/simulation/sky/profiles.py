"""How hard sky and sensor make it: what differs between a normal archive and a stress test.

What belongs here: the numbers of a profile, with their sources. What does not: what the
sensor and the scene classification do with them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SensorProfile:
    """How much the sky and the sensor hide.

    Attributes:
        name: ``normal`` or ``stress`` or a name of one's own.
        thin_cloud_missed_share: of the area of thin cloud, what SCL does not see.
            Sen2Cor misses much of it (Skakun et al. 2022, CMIX, Remote Sensing of
            Environment 274).
        misregistration_px: 95 % of dates are shifted by less than this; 0.5 px = 5 m
            is the specification with the global reference image (S2 MPC data quality
            report).
        bright_as_cloud_share: of bright roofs, what SCL always calls cloud.
    """

    name: str = "normal"
    thin_cloud_missed_share: float = 0.45
    misregistration_px: float = 0.5
    bright_as_cloud_share: float = 0.5


NORMAL = SensorProfile()
STRESS = SensorProfile(name="stress", thin_cloud_missed_share=0.675, misregistration_px=1.0)
"""Half more missed cloud, twice the misregistration: for reporting, never for tuning."""

PROFILES = {p.name: p for p in (NORMAL, STRESS)}
