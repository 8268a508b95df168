"""Accuracy: reference samples, error matrices, design-based estimators and the report.

Maps come in as arrays, samples as vector files; figures go out as frozen dataclasses.
Nothing here draws, writes metric tables or knows Dagster.
"""
