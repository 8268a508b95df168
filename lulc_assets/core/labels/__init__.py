"""From hand-made polygons in any vocabulary to validated tables and dense masks of codes."""
