"""Yearly change: what became of each pixel, with a grade for how well it is shown."""
