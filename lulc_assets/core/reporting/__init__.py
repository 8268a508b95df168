"""Figures and HTML pages: what people look at before they read numbers."""
