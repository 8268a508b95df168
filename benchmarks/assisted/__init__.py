"""Is the estimate that the map assists unbiased, how much does it gain, and do its intervals hold?

``python -m benchmarks.assisted`` writes ``docs/accuracy_assisted.json`` and the table of
``docs/accuracy.md``.
"""
