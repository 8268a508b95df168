"""What is written: STAC catalogues, scenes, labels, samples and the truth."""
