"""Checksums and signatures of bundles: damage and other keys are refused before anything runs."""

import shutil
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.seal import (
    MANIFEST_FILE,
    SIGNATURE_FILE,
    require_manifest,
    require_sealed,
    require_signature,
    sign_bundle,
    write_manifest,
)

FILES = {"bundle.json": b"{}", "graph.onnx": bytes(range(256)) * 40, "weights.safetensors": b"w"}


def write_keys(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sealed")
    private, public = write_keys(folder, "team")
    _, other = write_keys(folder, "other")
    bundle = folder / "bundle"
    bundle.mkdir()
    for name, content in FILES.items():
        (bundle / name).write_bytes(content)
    write_manifest(bundle)
    sign_bundle(bundle, private)
    return bundle, public, other


@pytest.fixture
def copy(sealed, tmp_path):
    return shutil.copytree(sealed[0], tmp_path / "copy")


def test_a_signed_bundle_is_accepted_wherever_it_lies_and_as_links(sealed, copy, tmp_path):
    require_sealed(copy, sealed[1])
    links = tmp_path / "links"
    links.mkdir()
    for path in copy.iterdir():
        (links / path.name).symlink_to(path)
    require_sealed(links, sealed[1])


@pytest.mark.parametrize("name", [*FILES, MANIFEST_FILE])
def test_one_flipped_byte_is_refused(sealed, copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match="refused"):
        require_signature(copy, sealed[1])
    if name != MANIFEST_FILE:
        with pytest.raises(BundleError, match=f"{name} does not have the SHA-256"):
            require_manifest(copy)


def test_another_key_is_refused(sealed, copy):
    with pytest.raises(BundleError, match=r"signature is not that of .*other\.pub"):
        require_sealed(copy, sealed[2])


def test_no_signature_is_refused_only_where_a_key_is_trusted(sealed, copy):
    (copy / SIGNATURE_FILE).unlink()
    require_sealed(copy, None)
    with pytest.raises(BundleError, match="is not signed"):
        require_sealed(copy, sealed[1])
    with pytest.raises(BundleError, match="is not a file"):
        require_signature(sealed[0], copy / "nobody.pub")


def test_a_foreign_or_a_missing_file_is_named(sealed, copy):
    (copy / "extra.py").write_text("print()")
    with pytest.raises(BundleError, match=r"does not name, extra\.py"):
        require_manifest(copy)
    with pytest.raises(BundleError, match="refused"):
        require_signature(copy, sealed[1])
    (copy / "extra.py").unlink()
    (copy / "graph.onnx").unlink()
    with pytest.raises(BundleError, match=r"lacks graph\.onnx"):
        require_manifest(copy)


def test_another_program_of_the_specification_accepts_it(sealed):
    bundle, public, other = sealed
    for key, code in ((public, 0), (other, 1)):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "model_signing", "verify", "key", str(bundle),
             "--signature", str(bundle / SIGNATURE_FILE), "--public_key", str(key)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == bool(code), done.stderr


def test_a_key_that_is_none_cannot_sign(copy, tmp_path):
    (tmp_path / "no.pem").write_text("not a key")
    with pytest.raises(BundleError, match="cannot be signed"):
        sign_bundle(copy, tmp_path / "no.pem")
