"""Tables and vector files as other programs write them: one reader each, for every command."""
