"""Do the intervals of ``core/estimation`` hold what they promise? Simulations with known truth.

``python -m benchmarks.accuracy_coverage`` runs the landscape (``landscape.py``) and the settings
(``settings.py``); ``systematic.py`` is run by itself. All write into ``docs/``.
"""
