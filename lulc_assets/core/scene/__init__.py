"""Plain data about scenes: the reading recipe. No I/O."""
