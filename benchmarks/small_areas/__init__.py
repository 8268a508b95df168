"""Small areas with few labels: what reaches the chips, and the map beside a random forest."""
