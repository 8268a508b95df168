"""Descriptions of products that other software reads: STAC items."""
