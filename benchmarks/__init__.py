"""One folder per headline figure, each against its limit and its peer.

``python -m benchmarks.NAME`` runs ``NAME/__main__.py``; its other modules lie beside it. What
several share stands in ``measuring`` (clocks, memory, options), ``simulated`` (inputs) and
``limits`` (the unavoidable parts). A function that runs in a fresh process lives outside
``__main__``, which such a process cannot import.
"""
