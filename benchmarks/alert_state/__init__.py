"""Alerts of a whole tile updated by one scene; see ``__main__``."""
