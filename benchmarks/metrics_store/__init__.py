"""The metrics database of many maps."""
