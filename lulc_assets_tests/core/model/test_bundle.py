import dataclasses
import json
import pickle
import shutil
from datetime import UTC, datetime

import pytest
import torch

from lulc_assets.core.errors import BundleError, IncompatibleScene
from lulc_assets.core.judging.bundling import write_bundle
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.model.artifacts import readable_json, sha256_of
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.seal import MANIFEST_FILE
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset, SceneRecipe
from lulc_assets.core.store.typed import as_plain

YES = Verdict(True, "good enough")


@pytest.fixture(scope="module")
def bundle_dir(trained, chips, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("bundle")
    return write_bundle(trained.weights.parent, evaluate_model(trained, [chips]), YES, out_dir)


@pytest.fixture
def copy(bundle_dir, tmp_path):
    """What its record says is judged here; checksums of all files in ``test_seal``."""
    there = shutil.copytree(bundle_dir, tmp_path / "copy")
    (there / MANIFEST_FILE).unlink()
    return there


def scene(**changes):
    values = {
        "id": "S2A_TEST",
        "provider": "test",
        "collection": "c",
        "level": "L2A",
        "mgrs_tile": "33TVM",
        "datetime": datetime(2023, 6, 1, tzinfo=UTC),
        "baseline": "05.09",
        "cloud_cover_pct": 1.0,
        "bands": {role: BandAsset(f"{role}.tif", 10.0) for role in (*BAND_ROLES, "scl")},
        "scale": 1e-4,
        "offset_dn": 0,
        "offset_reason": "test",
        "change_stamp": "1",
        "acquisition": "a",
        "footprint": {},
    }
    return SceneRecipe(**{**values, **changes})


def rewrite(directory, **changes):
    path = directory / "bundle.json"
    path.write_bytes(readable_json({**json.loads(path.read_bytes()), **changes}))


def test_a_class_that_the_verdict_leaves_out_never_wins(trained, chips, tmp_path):
    name = trained.card.taught[0]
    verdict = Verdict(True, "good enough", unmapped=(name,))
    judged = evaluate_model(trained, [chips])
    bundle = Bundle.load(write_bundle(trained.weights.parent, judged, verdict, tmp_path))
    code = bundle.legend.names.index(name) + 1
    image = torch.rand(8, 6, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        classes = bundle.calibration.apply(bundle.network()(image)).argmax(1) + 1
    assert not (classes == code).any()
    assert bundle.taught == trained.card.taught[1:]
    assert f"class {name} is hardly known on gold: it is not mapped" in bundle.record.card.warnings
    assert bundle.record.verdict["unmapped"] == [name]


def test_a_bundle_runs_the_network_that_was_trained(bundle_dir, trained):
    bundle = Bundle.load(bundle_dir)
    image = torch.rand(1, 6, 32, 32)
    with torch.no_grad():
        assert torch.equal(bundle.network()(image), trained.network()(image))
    assert bundle.legend == KARRA_10
    assert (bundle.levels, bundle.gsd_m, bundle.bands) == (("L2A",), 10.0, BAND_ROLES)
    assert bundle.record.card.to_bytes() == trained.card.to_bytes()
    assert bundle.record.evaluation["split"] == "gold"


def test_equal_candidates_give_equal_bundles(bundle_dir, trained, chips, tmp_path):
    other = write_bundle(
        trained.weights.parent, evaluate_model(trained, [chips]), YES, tmp_path / "b"
    )
    for name in ("bundle.json", "weights.safetensors"):
        assert (other / name).read_bytes() == (bundle_dir / name).read_bytes()


def test_the_digest_is_of_the_content_not_of_its_layout(bundle_dir, copy):
    digest = Bundle.load(bundle_dir).digest
    record = json.loads((copy / "bundle.json").read_bytes())
    (copy / "bundle.json").write_text(json.dumps(record))
    assert Bundle.load(copy).digest == digest
    rewrite(copy, verdict={"promote": True, "reason": "another"})
    assert Bundle.load(copy).digest != digest


def test_a_refused_candidate_gets_no_bundle(trained, chips, tmp_path):
    verdict = Verdict(False, "worse than the one in use")
    with pytest.raises(BundleError, match="worse than the one in use"):
        write_bundle(
            trained.weights.parent, evaluate_model(trained, [chips]), verdict, tmp_path / "b"
        )
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("name", ["weights.safetensors", "graph.onnx"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "extended", "missing"])
def test_files_that_are_not_those_recorded_are_refused(copy, damage, name):
    path = copy / name
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        path.write_bytes(content[:-1])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "extended":
        path.write_bytes(content + b"\0")
    else:
        path.unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.load(copy)


class Exploding:
    """Unpickled, it would run code."""

    def __reduce__(self):
        return (pytest.fail, ("the pickle was loaded",))


def test_a_pickle_is_refused_even_with_a_matching_digest(copy):
    content = pickle.dumps(Exploding())
    (copy / "weights.safetensors").write_bytes(content)
    entry = {"file": "weights.safetensors", "sha256": sha256_of(content), "bytes": len(content)}
    rewrite(copy, weights=entry)
    with pytest.raises(BundleError, match="do not load"):
        Bundle.load(copy).network()


def test_a_weights_file_of_another_name_is_refused(copy):
    entry = json.loads((copy / "bundle.json").read_bytes())["weights"]
    rewrite(copy, weights={**entry, "file": "../../model.pt"})
    with pytest.raises(BundleError, match=r"model\.pt"):
        Bundle.load(copy)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format_version": 99}, "99"),
        ({"format": "other"}, "not a lulc-bundle"),
        ({"legend": {"name": "x", "digest": "0", "classes": []}}, "0 classes"),
        ({"legend": {}}, "legend"),
        ({"weights": {}}, "weights"),
    ],
)
def test_a_record_that_is_not_understood_is_refused(copy, changes, named):
    rewrite(copy, **changes)
    with pytest.raises(BundleError, match=named):
        Bundle.load(copy)


def test_a_truncated_or_missing_record_is_refused(copy):
    path = copy / "bundle.json"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BundleError, match="parse"):
        Bundle.load(copy)
    path.unlink()
    with pytest.raises(BundleError, match="missing"):
        Bundle.load(copy)


def test_another_normalisation_than_that_of_the_weights_is_refused_before_anything_runs(copy):
    own = as_plain(Bundle.load(copy).record.normalisation)
    for name, other in (("mean", [0.0] * 6), ("std", [9.0] * 6), ("log_offset", 0.7)):
        rewrite(copy, normalisation={**own, name: other})
        with pytest.raises(BundleError, match="normalisation"):
            Bundle.load(copy)


def test_a_map_with_another_legend_refuses_the_bundle(bundle_dir):
    other = Legend("short", KARRA_10.classes[:9])
    with pytest.raises(BundleError, match="legend"):
        Bundle.load(bundle_dir, other)


def test_scenes_like_those_of_training_are_accepted(bundle_dir):
    bundle = Bundle.load(bundle_dir)
    bundle.require(scene())
    nearly = {role: BandAsset(f"{role}.tif", 9.995) for role in BAND_ROLES}
    bundle.require(scene(bands=nearly))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"level": "L1C"}, "L1C"),
        ({"bands": {role: BandAsset("f", 30.0) for role in BAND_ROLES}}, "30.0 m"),
        ({"bands": {role: BandAsset("f", 10.0) for role in BAND_ROLES[:4]}}, "swir1"),
        ({"roles": ("red", "green", "blue")}, "read as red, green, blue"),
        ({"roles": (*BAND_ROLES[1:], "red")}, "read as green, .*swir2, red"),
    ],
)
def test_other_scenes_are_refused_with_the_difference_named(bundle_dir, changes, named):
    with pytest.raises(IncompatibleScene, match=named):
        Bundle.load(bundle_dir).require(scene(**changes))


def test_an_l1c_bundle_refuses_l2a_scenes(bundle_dir):
    bundle = Bundle.load(bundle_dir)
    l1c = dataclasses.replace(bundle, record=dataclasses.replace(bundle.record, levels=("L1C",)))
    l1c.require(scene(level="L1C"))
    with pytest.raises(IncompatibleScene, match="L2A"):
        l1c.require(scene())


def test_a_bundle_says_what_windows_must_know(bundle_dir, copy):
    footprint = Bundle.load(bundle_dir).footprint
    assert footprint.stride == 8
    assert footprint.halo_px % 8 == 0
    rewrite(copy, footprint={**as_plain(footprint), "halo_px": 0})
    with pytest.raises(BundleError, match="above 0"):
        Bundle.load(copy)
