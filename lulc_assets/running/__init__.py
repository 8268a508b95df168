"""Running a project's jobs on a local Dagster instance, skipping what is done."""
