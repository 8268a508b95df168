"""Do reference level and monitoring hold the truth? The example of ``docs/redd.md``, repeated.

``python -m benchmarks.redd`` writes ``docs/redd.json`` and the table of ``docs/redd.md``.
"""
