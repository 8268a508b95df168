"""Example projects say what their sources say, and their labels fit their legends."""

from pathlib import Path

import pytest

from lulc_assets.core.scene.bands import RGB, SIX
from lulc_assets.project import load_project
from lulc_assets.running.label_count import count_labels

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"


def example(name: str):
    return load_project(EXAMPLES / f"{name}.toml")


def test_every_example_is_listed():
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    found = sorted(path.name for path in EXAMPLES.glob("*.toml"))
    assert found == ["karra.toml", "ren.toml", "slovenia.toml"]
    assert all(f"({name})" in listed for name in found)


def test_rgb_on_small_chips():
    project = example("ren")
    assert project.bands() == RGB
    assert (project.chips.size_px, project.chips.max_cloud_share) == (64, 0.15)
    assert (project.chips.split, project.chips.validation_share) == ("random", 0.2)
    assert project.recipe.encoder == "efficientnet-b0"


def test_the_paper():
    project = example("karra")
    assert project.bands() == SIX
    assert project.legend().name == "karra-10"
    assert (project.chips.size_m, project.chips.overlap_m) == (5000, 1000)
    assert (project.recipe.class_weights, project.recipe.dropout) == ("inverse_log", 0.2)


@pytest.mark.real_data
def test_the_register_s_own_classes_on_real_labels(real_data: Path, tmp_path: Path):
    (tmp_path / "slovenia_2015").symlink_to(real_data / "slovenia_2015")
    (tmp_path / "project.toml").write_bytes((EXAMPLES / "slovenia.toml").read_bytes())
    project = load_project(tmp_path / "project.toml")
    assert len(project.legend().land) >= 9
    count = count_labels(project)
    assert not [f.text for f in count.findings if f.severity == "refusal"]
    shown = {name for role in count.pixels.values() for name, n in role.items() if n}
    assert len(shown) >= 3
