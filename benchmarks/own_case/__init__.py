"""From a polygon and labels of one's own classes to a page, and what the map is worth."""
