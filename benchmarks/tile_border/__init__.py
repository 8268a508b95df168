"""What is seen of the border of two tiles."""
