"""Figures: arrays and reports in, PNG out. No page, no store."""
