"""Change and alerts against simulated truth, with their peers; see ``__main__``."""
