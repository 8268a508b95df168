"""A simulated Sentinel-2 L2A archive with known truth: the embedded default.

A deterministic landscape (``landscape``) changes with the seasons (``phenology``,
``spectra``), is seen through an imperfect sky and sensor (``clouds``, ``sensor``) on
planned dates (``passes``) and is written as a STAC catalogue of COGs with labels, a
reference sample and truth (``archive``). It uses none of the pipeline's reading,
offset or mask code, so that tests on it are not circular.
"""
