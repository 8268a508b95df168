"""Lineage down to the pixel: which dates voted, how, and that they give what the map shows."""
