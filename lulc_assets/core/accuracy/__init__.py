"""Accuracy: reference samples, error matrices, design-based estimators and the report.

Maps come in as arrays or GeoTIFFs, samples as vector files; figures go out as frozen
dataclasses. Nothing here makes pictures, writes metric tables or knows Dagster.
"""
