"""The list of the patches of a training: which there were, their bytes, and the part of each.

What belongs here: making, writing, reading and comparing it. What does not: the draw (``split``).

The folder of patches is nobody's product: people add to it. A classifier is judged by the patches
that it did not see, so it must be told later which these were, whatever the folder holds then.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from lulc_assets.core.errors import BundleError, UnreadableRaster
from lulc_assets.core.patches.folder import PatchFile
from lulc_assets.core.store.canonical import digest_of

LISTING_FILE = "patches.csv"
_SHOWN = 3


@dataclass(frozen=True)
class ListedPatch:
    """A patch of a training.

    Attributes:
        class_name: of its folder.
        file: its name in there.
        part: ``train``, ``val`` or ``gold``, the test set.
        sha256: of its bytes.
    """

    class_name: str
    file: str
    part: str
    sha256: str


def hash_patches(files: Sequence[PatchFile]) -> tuple[str, ...]:
    """SHA-256 of each file.

    Raises:
        UnreadableRaster: one cannot be read.
    """
    return tuple(_sha256(file.path) for file in files)


def digest_of_patches(files: Sequence[PatchFile], sums: Sequence[str]) -> str:
    """SHA-256 over classes, names and bytes of all patches, for identities."""
    rows = zip(files, sums, strict=True)
    return digest_of([[file.class_name, file.path.name, sha256] for file, sha256 in rows])


def list_parts(
    files: Sequence[PatchFile], sums: Sequence[str], parts: Sequence[str]
) -> tuple[ListedPatch, ...]:
    """A row for each patch."""
    return tuple(
        ListedPatch(file.class_name, file.path.name, part, sha256)
        for file, sha256, part in zip(files, sums, parts, strict=True)
    )


def write_listing(path: Path, rows: Sequence[ListedPatch]) -> Path:
    """Write a list as CSV; equal lists, equal bytes."""
    with path.open("w", encoding="utf-8", newline="") as target:
        table = csv.writer(target, lineterminator="\n")
        table.writerow([field.name for field in fields(ListedPatch)])
        table.writerows(astuple(row) for row in rows)
    return path


def read_listing(path: Path) -> tuple[ListedPatch, ...]:
    """Read what :func:`write_listing` wrote."""
    with path.open(encoding="utf-8", newline="") as source:
        return tuple(ListedPatch(**row) for row in csv.DictReader(source))


def require_listed(
    rows: Sequence[ListedPatch], files: Sequence[PatchFile], sums: Sequence[str]
) -> None:
    """Refuse a folder that is no longer the one of the training.

    Raises:
        BundleError: patches were added, removed or changed; the message names some.
    """
    trained = {f"{row.class_name}/{row.file}": row.sha256 for row in rows}
    there = {f"{f.class_name}/{f.path.name}": s for f, s in zip(files, sums, strict=True)}
    differing = sorted(
        name for name in trained.keys() | there.keys() if trained.get(name) != there.get(name)
    )
    if differing:
        raise BundleError(
            f"patches were added, removed or changed since the classifier was trained "
            f"({len(differing)}: {', '.join(differing[:_SHOWN])}{', …' * (len(differing) > _SHOWN)}"
            "); train it anew, then judge it"
        )


def unseen_parts(rows: Sequence[ListedPatch], former: Sequence[ListedPatch]) -> list[str]:
    """The parts, but ``seen`` for test patches that another training trained or chose on."""
    known = {row.sha256 for row in former if row.part != "gold"}
    return ["seen" if r.part == "gold" and r.sha256 in known else r.part for r in rows]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableRaster(f"patch {path} cannot be read: {error.strerror}") from error
