"""The seal of a bundle: a manifest of checksums, and a signature by a key.

What belongs here: writing and checking both. What does not: what is in a bundle (``bundle``).

Checksums find damage; only a signature tells who made a bundle. It follows the OpenSSF Model
Signing specification (package ``model-signing``), by a key of the team and without any network:
an elliptic-curve key pair, as ``openssl ecparam -name prime256v1 -genkey -noout -out key.pem`` and
``openssl ec -in key.pem -pubout -out key.pub`` make one. Other tools that know the specification
check the same file.
"""

import hashlib
import logging
import os
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.artifacts import read_json_object, readable_json
from lulc_assets.core.whole_files import whole_file

MANIFEST_FILE = "manifest.json"
SIGNATURE_FILE = "model.sig"
SIGNING_KEY_VARIABLE = "LULC_SIGNING_KEY"
"""Environment variable that names the private key (PEM) of whoever promotes models."""
_FORMAT = "lulc-bundle-manifest"
_PIECE = 1 << 20


def write_manifest(folder: Path) -> Path:
    """Write the SHA-256 and size of every file of a bundle; equal files, equal bytes."""
    files = {
        str(path.relative_to(folder)): {"sha256": _sha256(path), "bytes": path.stat().st_size}
        for path in _files(folder)
    }
    target = folder / MANIFEST_FILE
    with whole_file(target) as part:
        part.write_bytes(readable_json({"format": _FORMAT, "format_version": 1, "files": files}))
    return target


def require_manifest(folder: Path) -> None:
    """Compare every file of a bundle with its manifest; one that has none is let through.

    Raises:
        BundleError: a file is missing, foreign, or has other bytes; the message names it.
    """
    if not (folder / MANIFEST_FILE).is_file():
        return
    manifest = read_json_object(folder / MANIFEST_FILE, "manifest")
    listed = manifest.get("files")
    if manifest.get("format") != _FORMAT or not isinstance(listed, dict):
        raise BundleError(f"{folder / MANIFEST_FILE} is not a {_FORMAT}")
    there = {str(path.relative_to(folder)): path for path in _files(folder)}
    for name in sorted(set(there) ^ set(listed)):
        what = "lacks" if name in listed else "holds, and its manifest does not name,"
        raise BundleError(f"bundle {folder} {what} {name}: copy it again")
    for name, path in there.items():
        entry: Any = listed[name]
        if not isinstance(entry, dict) or _sha256(path) != entry.get("sha256"):
            raise BundleError(
                f"bundle {folder}: {name} does not have the SHA-256 of the manifest: damaged or "
                "tampered with; copy it again"
            )


def sign_bundle(folder: Path, private_key: Path) -> Path:
    """Sign all files of a bundle; returns the signature beside them.

    Raises:
        BundleError: the key cannot be used, or the package ``model-signing`` is missing.
    """
    signing, _, hashing = _library()
    target = folder / SIGNATURE_FILE
    try:
        signer = signing.Config().use_elliptic_key_signer(private_key=private_key)
        with whole_file(target) as part:
            ignored = [target, part]
            signer.set_hashing_config(_hashing(hashing, ignored)).sign(folder, part)
    except (OSError, ValueError, TypeError) as error:
        raise BundleError(
            f"bundle {folder} cannot be signed with {private_key}: {error}"
        ) from error
    return target


def require_signature(folder: Path, public_key: Path) -> None:
    """Refuse a bundle that is not signed, byte for byte, by the owner of a key.

    Raises:
        BundleError: no signature, another key's, or of other bytes.
    """
    signature = folder / SIGNATURE_FILE
    if not signature.is_file():
        raise BundleError(
            f"bundle {folder} is not signed, and only bundles signed by {public_key} are trusted; "
            f"promote the model with {SIGNING_KEY_VARIABLE} set, or sign it (`lulc model sign`)"
        )
    if not public_key.is_file():
        raise BundleError(f"the trusted key {public_key} is not a file: a PEM of a public key")
    _, verifying, hashing = _library()
    try:
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=public_key)
        verifier.set_hashing_config(_hashing(hashing, [signature])).verify(folder, signature)
    except Exception as error:  # the library and those below it share no base class
        raise BundleError(
            f"bundle {folder} is refused: its signature is not that of {public_key} over these "
            f"files ({str(error) or type(error).__name__})"
        ) from error


def require_sealed(folder: Path, trusted_key: Path | None) -> None:
    """Check checksums, and the signature where a key is trusted, before anything is parsed.

    For everybody who runs a bundle: predictions, ``lulc map``, the service.

    Args:
        folder: of the bundle.
        trusted_key: public key (PEM) that it must be signed by; None asks for no signature.

    Raises:
        BundleError: see :func:`require_manifest`, :func:`require_signature`.
    """
    if trusted_key is not None:
        require_signature(folder, trusted_key)
    require_manifest(folder)


def signing_key() -> Path | None:
    """The private key that the environment names."""
    named = os.environ.get(SIGNING_KEY_VARIABLE, "")
    return Path(named) if named else None


def _hashing(hashing: Any, ignored: list[Path]) -> Any:
    return (
        hashing.Config()
        .set_allow_symlinks(True)  # a checked-out bundle links to the store
        .set_ignored_paths(paths=ignored, ignore_git_paths=False)
    )


def _library() -> tuple[Any, Any, Any]:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from model_signing import hashing, signing, verifying
    except ImportError as error:
        raise BundleError(
            "signatures need the package model-signing: pip install 'lulc-assets[serving]'"
        ) from error
    logging.getLogger("model_signing").setLevel(logging.ERROR)
    return signing, verifying, hashing


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.relative_to(folder).as_posix() not in (MANIFEST_FILE, SIGNATURE_FILE)
    ]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
