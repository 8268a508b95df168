"""A folder of stacks and products → its catalogue.

What belongs here: what in a folder is a scene, and going on after one that is none. What does
not: single scenes (``stacks``, ``products``).
"""

from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import LulcError, NoReadableScenes
from lulc_assets.core.importing.products import import_product, is_product
from lulc_assets.core.importing.scene_items import ITEMS, ImportedScene, write_import_catalogue
from lulc_assets.core.importing.stacks import SUFFIXES, ImportOptions, import_stack
from lulc_assets.core.progress import Progress, silent


@dataclass(frozen=True)
class Imported:
    """What became of a folder.

    Attributes:
        catalog: ``catalog.json``.
        scenes: that it lists.
        refused: file → why it is none.
    """

    catalog: Path
    scenes: tuple[ImportedScene, ...]
    refused: dict[str, str]


def import_folder(
    folder: Path, options: ImportOptions | None = None, progress: Progress = silent
) -> Imported:
    """Make the catalogue of a folder's stacks, SAFE folders and zips.

    Args:
        folder: with the files; ``catalog.json`` and ``stac_items`` are written into it.
        options: see there.
        progress: told after each file.

    Raises:
        NoReadableScenes: there is no scene, with the first reason.
    """
    chosen = options or ImportOptions()
    found = _find(folder, chosen)
    scenes: list[ImportedScene] = []
    refused: dict[str, str] = {}
    for number, path in enumerate(found, start=1):
        try:
            if is_product(path):
                scenes.append(import_product(path, folder))
            else:
                scenes += import_stack(path, folder, chosen)
        except LulcError as error:
            refused[str(path.relative_to(folder))] = str(error)
        progress(number, len(found), path.name)
    if not scenes:
        why = next(iter(refused.values()), "it holds no GeoTIFF, SAFE folder or zip of Sentinel-2")
        raise NoReadableScenes(f"{folder}: no scene was imported; {why}")
    return Imported(write_import_catalogue(folder, scenes, folder.name), tuple(scenes), refused)


def _find(folder: Path, options: ImportOptions) -> list[Path]:
    """Products and stacks, by name; neither masks nor what an import wrote."""
    products = [p for p in sorted(folder.rglob("*")) if is_product(p) and _is_foreign(p, folder)]
    ending = options.mask if options.mask not in ("auto", "none") else None
    stacks = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and _is_foreign(path, folder)
        and not any(product in path.parents for product in products)
        and not (ending and path.stem.endswith(ending))
    ]
    return [*products, *stacks]


def _is_foreign(path: Path, folder: Path) -> bool:
    return ITEMS not in path.relative_to(folder).parts
