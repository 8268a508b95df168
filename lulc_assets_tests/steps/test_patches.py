"""The patch classifier as a product: trained, judged, promoted, compared, refused."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import BundleError, InvalidProject
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.patches.classifier import recipe_with, train_patches
from lulc_assets.core.patches.folder import read_patches
from lulc_assets.core.store.keys import Whole
from lulc_assets.running.plan import plan_jobs
from lulc_assets.steps.bundling import make_model_bundle, open_bundle, promote_by_hand
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.model_history import kept_candidates, model_events, roll_back
from lulc_assets.steps.model_lines import PATCHES
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.patches import make_patch_classifier, make_patch_evaluation
from lulc_assets.steps.products import PATCH_BUNDLE, SCENE_CATALOG
from lulc_assets_tests.core.patches.conftest import make_folder
from lulc_assets_tests.steps.predicted_year import PROJECT
from lulc_assets_tests.tiny_project import KEY, open_work

TINY_PATCHES = """
[patches]
folder = "patches"
bands = "rgb"

[patches.recipe]
encoder_depth = 3
max_epochs = 5
learning_rate = 3e-3
precision = "32-true"
threads = 1

[patches.promotion]
min_overall = 0.3
margin = 1.0
"""


def project_with_patches(folder):
    make_folder(folder / "patches", each=8)
    (folder / "project.toml").write_text(PROJECT + TINY_PATCHES)
    return folder / "project.toml"


def train(work):
    made = make_patch_classifier(work), make_patch_evaluation(work)
    return *made, make_model_bundle(work, PATCHES)


@pytest.fixture(scope="module")
def promoted(tmp_path_factory):
    """Project file of a project whose patch classifier is in use. Read only."""
    file = project_with_patches(tmp_path_factory.mktemp("patches"))
    train(open_work(file))
    return file


@pytest.fixture
def changed(promoted, tmp_path):
    """A copy to change: work bench after a change of the project file's text."""
    folder = shutil.copytree(promoted.parent, tmp_path / "project")

    def change(old="", new=""):
        text = (folder / "project.toml").read_text()
        (folder / "project.toml").write_text(text.replace(old, new))
        return open_work(folder / "project.toml")

    return change


def test_patches_become_a_bundle_that_is_sealed_and_of_its_own_task(promoted, tmp_path):
    work = open_work(promoted)
    record = work.read(PATCH_BUNDLE, Whole())
    bundle = open_bundle(work, record)
    assert bundle.bands == ("red", "green", "blue")
    assert bundle.levels == ("L1C",)
    assert set(bundle.legend.names) == {"Forest", "Industrial", "SeaLake"}
    assert {"graph.onnx", "manifest.json", "config.pbtxt", "bundle.json"} <= set(record.files)
    with pytest.raises(BundleError, match="holds a model for patches, not for segmentation"):
        Bundle.load(work.check_out(record, tmp_path / "bundle"), None)
    assert "6 test patches in 6 groups" in record.properties.reason


def test_running_again_makes_nothing_and_compares_with_nothing(promoted):
    work = open_work(promoted)
    before = work.read(PATCH_BUNDLE, Whole())
    _, judged, bundle = train(work)
    assert bundle == before
    assert judged.properties.against == ""
    assert len(kept_candidates(work, PATCHES)) == 1
    assert not model_events(work)  # the line of the maps knows nothing of it


def test_a_second_candidate_is_compared_on_patches_that_neither_saw(changed):
    work = changed("max_epochs = 5", "max_epochs = 4\nseed = 3")
    first = work.read(PATCH_BUNDLE, Whole())
    candidate, judged, _ = train(work)
    assert judged.properties.against == first.properties.candidate
    assert judged.properties.difference.windows == 6  # the draw is the same: all test patches
    assert work.read(PATCH_BUNDLE, Whole()).properties.candidate == candidate.digest
    assert roll_back(work, "worse forests", line=PATCHES) == first


def test_patches_that_the_former_classifier_learnt_do_not_judge_the_new_one(changed):
    work = changed("[patches.recipe]", "[patches.split]\nseed = 5\n\n[patches.recipe]")
    make_patch_classifier(work)
    judged = make_patch_evaluation(work)
    assert judged.properties.gold_pixels == 6
    assert judged.properties.difference is None or judged.properties.difference.windows < 6


def test_other_classes_cannot_be_compared_and_a_person_may_decide(changed):
    work = changed()
    shutil.copytree(work.project.folder / "patches" / "Forest",
                    work.project.folder / "patches" / "Marsh")  # fmt: skip
    for path in (work.project.folder / "patches" / "Marsh").iterdir():
        path.rename(path.with_name(path.name.replace("Forest", "Marsh")))
    candidate, judged, bundle = train(work)
    assert bundle is None
    assert "the classifier in use has other classes" in judged.properties.reason
    in_use = promote_by_hand(work, candidate.digest, "marshes are wanted", PATCHES)
    assert in_use.properties.candidate == candidate.digest


def test_a_folder_that_changed_after_the_training_is_not_judged(changed):
    work = changed("min_overall = 0.3", "min_overall = 0.31")
    (work.project.folder / "patches" / "Forest" / "Forest_0.tif").unlink()
    with pytest.raises(BundleError, match=r"changed since .* \(1: Forest/Forest_0.tif\)"):
        make_patch_evaluation(work)


def test_a_refusal_names_the_commands_of_patches(changed):
    work = changed("min_overall = 0.3", "min_overall = 1.0")
    said = []
    heard = type(work)(work.project, work.store, warn=said.append)
    make_patch_evaluation(heard)
    if make_model_bundle(heard, PATCHES) is None:
        assert "The classifier in use stays" in said[0]
        assert "lulc model promote --patches" in said[0]


def test_the_page_is_one_of_the_set(changed):
    work = changed()
    make_report_pages(work, work.project.folder / "pages", [], [])
    page = (work.project.folder / "pages" / "patches.html").read_text()
    assert "of 6 test patches get their label" in page
    assert "It is promoted: agreement on 6 test patches" in page
    index = (work.project.folder / "pages" / "index.html").read_text()
    assert 'href="patches.html"' in index


def test_a_project_without_patches_is_not_bothered(tmp_path):
    (tmp_path / "project.toml").write_text(PROJECT)
    work = open_work(tmp_path / "project.toml")
    assert "train_patches" not in {job.job for job in plan_jobs(work.project, [2022])}
    make_report_pages(work, tmp_path / "pages", [], [])
    assert not (tmp_path / "pages" / "patches.html").exists()
    with pytest.raises(InvalidProject, match=r"has no \[patches\] section"):
        make_patch_classifier(work)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('architecture = "Unet"', "draws maps"),
        ("epochs = 3", "patches.recipe.epochs"),
        ("max_epochs = 0", "max_epochs must be at least 1"),
    ],
)
def test_a_wrong_recipe_of_patches_is_named(tmp_path, wrong, named):
    (tmp_path / "project.toml").write_text(f'{PROJECT}\n[patches]\nfolder = "p"\n'
                                           f"[patches.recipe]\n{wrong}\n")  # fmt: skip
    with pytest.raises(InvalidProject, match=named):
        open_work(tmp_path / "project.toml")


def test_what_the_file_leaves_out_is_as_patches_need_it(promoted):
    section = open_work(promoted).project.patches
    assert section.recipe.architecture == "PatchClassifier"
    assert section.recipe.class_weights == "none"
    assert section.promotion.min_class_pixels == 10
    assert json.loads(json.dumps(section.recipe.to_dict()))["max_epochs"] == 5


def test_a_scene_is_mapped_in_patches_beside_the_model_of_the_maps(finished, tmp_path):
    work = open_work(finished)
    scene = next(iter(read_selection(work, work.read(SCENE_CATALOG, KEY))))
    patches = read_patches(make_folder(tmp_path / "patches"), ["red", "green", "blue"])
    recipe = recipe_with(encoder_depth=3, max_epochs=1, threads=1, precision="32-true")
    model = train_patches(patches, recipe, tmp_path / "model", level="L2A").weights.parent

    def ask(scene_id, *model):
        arguments = ["--json", "--tile", KEY.tile, "--scene", scene_id]
        where = ["--project", str(finished), "--out", str(tmp_path / "map")]
        return CliRunner().invoke(app, ["patches", "predict", *model, *arguments, *where])

    done = ask(scene.id, str(model))
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["beside_the_map_model"] is True
    assert sum(said["cells"].values()) <= 16
    page = (tmp_path / "map" / "index.html").read_text()
    assert "of 16" in page
    assert "What the map model sees in the same scene" in page
    done = ask("S2A_NONE", str(model))
    assert done.exit_code == 1
    assert "no selected scene of tile 33TVM is called 'S2A_NONE'" in done.stderr.replace("\n", " ")
    done = ask(scene.id)
    assert "product patch_bundle does not exist yet" in done.stderr.replace("\n", " ")
