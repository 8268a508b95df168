"""Training: chips in, a candidate with its card out. The only room that loads Lightning."""
