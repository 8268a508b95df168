"""Estimation: arrays in, figures out: error matrices, design-based estimators, intervals.

Nothing here reads a file or knows what a map is.
"""
