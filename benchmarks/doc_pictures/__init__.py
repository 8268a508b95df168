"""Pictures of README and docs, taken from a demo."""
