"""From a click on the map page to the votes behind a pixel."""
