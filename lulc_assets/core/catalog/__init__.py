"""From a STAC catalogue to the scenes of a tile and year, and which of them to use."""
