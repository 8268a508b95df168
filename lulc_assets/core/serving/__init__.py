"""A bundle behind HTTP: images and scenes in, class maps out."""
