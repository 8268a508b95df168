"""Real Sentinel-2 dates over Romania through our rule and those of ``nrt``; see ``__main__``."""
