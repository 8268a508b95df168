"""Imagery that lies in a folder → a static STAC catalogue that the rest of the package reads."""
