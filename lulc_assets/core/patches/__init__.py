"""Patches: pictures of a place with one class each, as folders of them in; a classifier out."""
