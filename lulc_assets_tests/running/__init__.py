"""Commands that take any project from files to maps."""
