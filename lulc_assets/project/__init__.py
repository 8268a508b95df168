"""The project file: what a mapping team decides, in one TOML file under version control."""

from lulc_assets.project.file import Project, load_project

__all__ = ["Project", "load_project"]
