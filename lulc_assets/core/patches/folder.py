"""Reading patches: one folder per class, one file per patch, as EuroSAT is laid out.

What belongs here: what lies in the folders, what is wrong with it, and pixels. What does not: which
patches train (``split``), networks.

Source of the layout, of the order of the bands and of the scale: Helber et al. 2019, "EuroSAT: A
novel dataset and deep learning benchmark for land use and land cover classification".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import LabelError, UnreadableRaster
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.scene.bands import BANDS, RGB

TIFF, PICTURES = (".tif", ".tiff"), (".jpg", ".jpeg", ".png")
EUROSAT_ORDER = (
    "coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir09",
    "cirrus", "swir1", "swir2", "nir08",
)  # fmt: skip
"""B01 to B12, then B8A: the order in which EuroSAT's multispectral files have their bands."""

SCALE = 10_000
"""Stored value of reflectance 1."""
_PICTURE_TOP = 255
_LARGEST_SIDE_PX = 1024


@dataclass(frozen=True)
class PatchFile:
    """A patch on disk: its class (the folder's name), and where it lies."""

    class_name: str
    path: Path

    @property
    def name(self) -> str:
        """Of the file, without its suffix; no two patches share it."""
        return self.path.stem


@dataclass(frozen=True)
class Patches:
    """Patches in memory.

    Attributes:
        files: one each, by class and name.
        images: uint16 (n, bands, s, s), reflectance × 10000; of pictures their 8 bits over the
            same range, which is not reflectance.
        bands: roles of the bands.
        pictures: whether they are 8-bit pictures.
    """

    files: tuple[PatchFile, ...]
    images: npt.NDArray[np.uint16]
    bands: tuple[str, ...]
    pictures: bool

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in order."""
        return tuple(sorted({file.class_name for file in self.files}))


def read_patches(
    folder: Path, bands: Sequence[str] | None = None, order: Sequence[str] | None = None
) -> Patches:
    """Read all patches of a folder.

    Args:
        folder: holds a folder for each class.
        bands: roles wanted, in this order; None: all that the files have.
        order: roles of the bands in the files; None: EuroSAT's where there are thirteen, red,
            green, blue where there are three.

    Raises:
        LabelError: no folder, a class without a patch, two patches of one name, files of several
            kinds or sizes, or bands that the files do not have; the message names them.
        UnreadableRaster: a file is damaged.
    """
    files = list_patches(folder)
    first, pictures = read_patch(files[0].path)
    roles = order_of(files[0].path, len(first), order, pictures=pictures)
    wanted = tuple(bands or roles)
    missing = [role for role in wanted if role not in roles]
    if missing:
        raise LabelError(
            f"patches in {folder} have bands {', '.join(roles)}; {', '.join(missing)} is not among "
            "them: choose others"
        )
    rows = [roles.index(role) for role in wanted]
    images = np.empty((len(files), len(wanted), *first.shape[1:]), np.uint16)
    for number, file in enumerate(files):
        image, picture = read_patch(file.path)
        if picture != pictures:
            kinds = ("reflectance", "8 bits")
            raise LabelError(
                f"{file.path} holds {kinds[picture]}, {files[0].path} holds {kinds[pictures]}; "
                "keep them in folders of their own"
            )
        if image.shape != first.shape:
            raise LabelError(
                f"{file.path} has {_size(image)}, {files[0].path} has {_size(first)}: patches of a "
                "folder have one size and one number of bands; cut or resample them"
            )
        images[number] = image[rows]
    return Patches(files, images, wanted, pictures)


def list_patches(folder: Path) -> tuple[PatchFile, ...]:
    """The patches of a folder, by class and name; opens none of them.

    Raises:
        LabelError: see :func:`read_patches`.
    """
    if not folder.is_dir():
        raise LabelError(f"patches: {folder} is not a folder")
    found: dict[str, list[Path]] = {}
    for each in sorted(folder.iterdir()):
        if each.is_dir() and not each.name.startswith("."):
            known = [p for p in sorted(each.iterdir()) if p.suffix.lower() in (*TIFF, *PICTURES)]
            found[each.name] = [path for path in known if not path.name.startswith(".")]
    if len(found) < 2:
        raise LabelError(
            f"patches: {folder} has {len(found)} folders of classes, two are needed; it "
            "must hold a folder for each class, each with its patches"
        )
    empty = [name for name, paths in found.items() if not paths]
    if empty:
        raise LabelError(
            f"patches: class {', '.join(empty)} of {folder} holds no patch "
            f"({', '.join((*TIFF, *PICTURES))}); add some, or remove the folder"
        )
    files = tuple(PatchFile(name, path) for name, paths in found.items() for path in paths)
    _require_names(files)
    _require_one_kind(folder, files)
    return files


def read_patch(path: Path) -> tuple[npt.NDArray[np.uint16], bool]:
    """One patch, (bands, h, w) reflectance × 10000, and whether it is an 8-bit picture.

    Raises:
        UnreadableRaster: it cannot be read, holds no reflectance, or is not a patch by its size.
    """
    import warnings

    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    is_tiff = path.suffix.lower() in TIFF
    driver = "GTiff" if is_tiff else {".png": "PNG"}.get(path.suffix.lower(), "JPEG")
    try:
        with warnings.catch_warnings(), gdal_env():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, driver=driver) as source:
                if max(source.shape) > _LARGEST_SIDE_PX:
                    raise UnreadableRaster(
                        f"{path} has {source.width} × {source.height} px; a patch has at most "
                        f"{_LARGEST_SIDE_PX} px a side"
                    )
                values = source.read()
    except (RasterioError, OSError) as error:
        raise UnreadableRaster(
            f"patch {path} cannot be read: {error.__cause__ or error}; replace it, or remove it"
        ) from error
    if values.dtype.kind not in "uif":
        raise UnreadableRaster(f"patch {path} holds {values.dtype}; write it as uint16 or float32")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise UnreadableRaster(f"patch {path} holds NaN or infinity; fill them, or remove it")
    if not (values > 0).any():
        raise UnreadableRaster(f"patch {path} holds nothing above 0: no data; remove it")
    if values.dtype == np.uint8:
        top = np.uint32(_PICTURE_TOP)
        return ((values.astype(np.uint32) * SCALE + top // 2) // top).astype(np.uint16), True
    if values.dtype.kind == "f" and values.max(initial=0) <= 2:
        values = values * SCALE
    return np.clip(values, 0, SCALE).astype(np.uint16), False


def order_of(
    path: Path, count: int, order: Sequence[str] | None, *, pictures: bool
) -> tuple[str, ...]:
    """Roles of the bands of a file; raises LabelError where they cannot be told."""
    if order is None:
        known: Mapping[int, tuple[str, ...]] = {3: RGB, len(EUROSAT_ORDER): EUROSAT_ORDER}
        if count not in known:
            raise LabelError(
                f"{path} has {count} bands, and it does not say which; name them in their order, "
                f"of {', '.join(BANDS)}"
            )
        return known[count]
    if len(order) != count:
        raise LabelError(f"{path} has {count} bands, {len(order)} are named: {', '.join(order)}")
    if pictures and tuple(order) != RGB:
        raise LabelError(f"{path} is an 8-bit picture; its bands are red, green, blue")
    return tuple(order)


def _require_names(files: Sequence[PatchFile]) -> None:
    by_name: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        by_name[file.name.casefold()].append(file.path)
    for paths in by_name.values():
        if len(paths) > 1:
            raise LabelError(
                f"patches: {' and '.join(map(str, paths))} have one name; they could not be "
                "told apart later: rename or remove one"
            )


def _require_one_kind(folder: Path, files: Sequence[PatchFile]) -> None:
    tiffs = [file.path.suffix.lower() in TIFF for file in files]
    if any(tiffs) and not all(tiffs):
        other = files[tiffs.index(not tiffs[0])].path
        raise LabelError(
            f"patches: {folder} holds multispectral files and pictures ({files[0].path.name}, "
            f"{other.name}); keep them in folders of their own"
        )


def _size(image: npt.NDArray[np.uint16]) -> str:
    bands, height, width = image.shape
    return f"{width} × {height} px in {bands} bands"
