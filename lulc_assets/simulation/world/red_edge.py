"""Reflectance of pure materials in the red edge: the four bands that ten have more than six.

What belongs here: B05, B06, B07 and B8A of every material of ``spectra``. What does not:
the other six bands, and the kinds of ground made of them (``spectra``).

Values as in ``spectra``: within the spread of the spectral libraries named there, by eye,
each consistent with the material's red and near infrared. What shapes them:

- leaves rise from the chlorophyll absorption at 680 nm to the near-infrared plateau, most
  steeply between B05 (704 nm) and B06 (740 nm); the greener, the farther the rise lies
  towards long waves (Horler et al. 1983, International Journal of Remote Sensing 4; Delegido
  et al. 2011, Sensors 11; Frampton et al. 2013, ISPRS Journal 82);
- soils, rock and roofs rise nearly in a straight line from red to near infrared (Stoner and
  Baumgardner 1981);
- water falls, with a shoulder at B05 where it is turbid (Gitelson 1992, International
  Journal of Remote Sensing 13); snow falls a little (Warren 1982).

``python -m benchmarks.spectra --bands 10`` holds the medians of the classes against EuroSAT.
"""

MATERIALS: dict[str, tuple[float, float, float, float]] = {
    # name: B05 704 nm, B06 740 nm, B07 783 nm, B8A 865 nm
    "clear_water": (0.022, 0.019, 0.018, 0.015),
    "turbid_water": (0.060, 0.041, 0.039, 0.033),
    "needles": (0.060, 0.155, 0.195, 0.228),
    "broadleaves": (0.070, 0.245, 0.318, 0.352),
    "bare_twigs": (0.102, 0.135, 0.158, 0.184),
    "autumn_leaves": (0.165, 0.225, 0.252, 0.280),
    "green_grass": (0.105, 0.285, 0.362, 0.412),
    "alpine_turf": (0.130, 0.240, 0.300, 0.345),
    "dry_grass": (0.180, 0.222, 0.245, 0.280),
    "green_crop": (0.098, 0.325, 0.420, 0.470),
    "row_crop": (0.098, 0.290, 0.378, 0.425),
    "flowering_rape": (0.185, 0.345, 0.415, 0.460),
    "ripe_straw": (0.245, 0.275, 0.298, 0.335),
    "dark_soil": (0.122, 0.134, 0.147, 0.172),
    "light_soil": (0.220, 0.236, 0.254, 0.286),
    "shrub_leaves": (0.082, 0.150, 0.188, 0.216),
    "shrub_twigs": (0.100, 0.122, 0.140, 0.162),
    "reed": (0.085, 0.210, 0.268, 0.302),
    "dead_reed": (0.128, 0.148, 0.168, 0.193),
    "wet_mud": (0.090, 0.097, 0.103, 0.112),
    "rock": (0.195, 0.206, 0.219, 0.240),
    "dark_rock": (0.126, 0.133, 0.140, 0.154),
    "gravel": (0.249, 0.259, 0.271, 0.289),
    "roof_tiles": (0.180, 0.192, 0.203, 0.220),
    "asphalt": (0.112, 0.117, 0.122, 0.130),
    "concrete": (0.235, 0.242, 0.248, 0.257),
    "bright_roof": (0.404, 0.409, 0.414, 0.420),
    "burnt": (0.071, 0.080, 0.089, 0.106),
    "fresh_snow": (0.850, 0.835, 0.815, 0.745),
    "old_snow": (0.605, 0.585, 0.555, 0.480),
}
