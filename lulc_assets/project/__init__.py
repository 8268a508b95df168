"""The project file: what a mapping team decides, in one TOML file under version control."""

from lulc_assets.project.file import Project
from lulc_assets.project.loading import load_project

__all__ = ["Project", "load_project"]
