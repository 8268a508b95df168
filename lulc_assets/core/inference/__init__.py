"""From a scene to its class and probability layers: engines, halo windows, files."""
