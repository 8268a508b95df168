"""One script a headline figure, each against its limit and its peer: python -m benchmarks.NAME."""
