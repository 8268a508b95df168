"""The example projects of the docs, trained and mapped at a small size."""
