"""With a trusted key, predictions and ``lulc map`` take only bundles that its owner signed."""

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import BundleError, LulcError
from lulc_assets.core.model.seal import SIGNING_KEY_VARIABLE
from lulc_assets.core.store.keys import Whole
from lulc_assets.steps.bundling import make_model_bundle, open_bundle
from lulc_assets.steps.products import MODEL_BUNDLE
from lulc_assets_tests.core.model.test_seal import write_keys
from lulc_assets_tests.tiny_project import open_work, predict_year


def trusting(project_file, key):
    """The project with this key as the one that bundles must be signed by."""
    lines = project_file.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("trusted_key")]
    project_file.write_text("\n".join([f'trusted_key = "{key}"', *kept]))
    return open_work(project_file)


def test_another_key_is_refused_by_predictions_and_by_map(copied, tmp_path, monkeypatch):
    private, public = write_keys(tmp_path, "team")
    _, other = write_keys(tmp_path, "other")
    work = trusting(copied, public)
    with pytest.raises(BundleError, match="is not signed, and only bundles signed by"):
        open_bundle(work, work.read(MODEL_BUNDLE, Whole()))

    monkeypatch.setenv(SIGNING_KEY_VARIABLE, str(private))
    make_model_bundle(work)
    with pytest.raises(BundleError, match=r"its signature is not that of .*other\.pub"):
        predict_year(trusting(copied, other))
    predict_year(trusting(copied, public))

    bundle, run = tmp_path / "bundle", CliRunner().invoke
    exported = run(app, ["model", "export", str(bundle), "--project", str(copied)])
    assert exported.exit_code == 0, exported.output
    asked = ["map", "--bundle", str(bundle), "--aoi", str(tmp_path / "nowhere.geojson"),
             "--year", "2022", "--catalog", str(tmp_path), "--out", str(tmp_path)]  # fmt: skip
    refused = run(app, [*asked, "--trusted-key", str(other)])
    assert refused.exit_code == 1
    assert "its signature is not that of" in refused.stderr.replace("\n", " ")
    taken = run(app, [*asked, "--trusted-key", str(public)])
    assert "signature" not in taken.stderr
    assert "nowhere.geojson" in taken.stderr


def test_a_flipped_byte_is_refused_by_predictions_and_by_map(copied, tmp_path):
    work, bundle, run = open_work(copied), tmp_path / "bundle", CliRunner().invoke
    exported = run(app, ["model", "export", str(bundle), "--project", str(copied)])
    assert exported.exit_code == 0, exported.output
    flip(bundle / "graph.onnx")
    refused = run(app, ["map", "--bundle", str(bundle), "--aoi", "a.geojson", "--year", "2022",
                        "--catalog", "c", "--out", str(tmp_path)])  # fmt: skip
    assert refused.exit_code == 1
    assert "graph.onnx does not have the SHA-256" in " ".join(refused.stderr.split())

    record = work.read(MODEL_BUNDLE, Whole())
    flip(work.open(record, "graph.onnx"))
    with pytest.raises(LulcError, match=r"graph.*onnx does not match its commit record"):
        predict_year(work)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
