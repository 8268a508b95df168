"""Bundling: a promoted candidate becomes the files that inference needs.

What belongs here: writing a bundle. What does not: loading one (``core/model/bundle``) and the
verdict (``promotion``).
"""

import shutil
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import BundleError
from lulc_assets.core.judging.evaluate import Evaluation
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.model.applicability import APPLICABILITY_FILE
from lulc_assets.core.model.artifacts import (
    WEIGHTS_FILE,
    describe_file,
    read_json_object,
    read_verified,
    read_verified_weights,
    readable_json,
    restore_network,
)
from lulc_assets.core.model.bundle import (
    BUNDLE_FILE,
    BUNDLE_FORMAT,
    BUNDLE_FORMAT_VERSION,
    COPIED,
    GRAPH_FILE,
)
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.footprint import measure_footprint
from lulc_assets.core.model.graph import export_graph
from lulc_assets.core.model.seal import write_manifest
from lulc_assets.core.model.triton import CONFIG_FILE, triton_config
from lulc_assets.core.training.card import CARD_FILE


def write_bundle(
    trained_dir: Path, evaluation: Evaluation, verdict: Verdict, out_dir: Path
) -> Path:
    """Write the bundle of a promoted candidate; returns its directory.

    Equal candidate, evaluation and verdict give equal bytes.

    Args:
        trained_dir: where ``train_model`` wrote card and weights.
        evaluation: of this candidate.
        verdict: of ``decide_promotion``.
        out_dir: created if need be.

    Raises:
        BundleError: the candidate is refused, its files are not those of its card, or its
            network cannot be exported.
    """
    if not verdict.promote:
        raise BundleError(f"candidate {trained_dir} is refused, no bundle: {verdict.reason}")
    card = read_json_object(Path(trained_dir) / CARD_FILE, "model card")
    network = restore_network(card, read_verified_weights(Path(trained_dir), card["weights"]))
    calibration = Calibration.from_dict(card["calibration"], len(card["legend"]["classes"]))
    out_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(trained_dir) / WEIGHTS_FILE, out_dir / WEIGHTS_FILE)
    (out_dir / GRAPH_FILE).write_bytes(export_graph(network, calibration))
    record = {
        "format": BUNDLE_FORMAT,
        "format_version": BUNDLE_FORMAT_VERSION,
        **{key: card[key] for key in COPIED},
        "graph": describe_file(out_dir / GRAPH_FILE),
        **_copy_applicability(card, Path(trained_dir), out_dir),
        "footprint": measure_footprint(network).to_dict(),
        "levels": [card["level"]],
        "card": card,
        "evaluation": evaluation.to_dict(),
        "verdict": verdict.to_dict(),
    }
    (out_dir / BUNDLE_FILE).write_bytes(readable_json(record))
    config = triton_config("lulc", len(record["bands"]), len(record["legend"]["classes"]))
    (out_dir / CONFIG_FILE).write_text(config, encoding="utf-8")
    write_manifest(out_dir)
    return out_dir


def _copy_applicability(card: dict[str, Any], trained_dir: Path, out_dir: Path) -> dict[str, Any]:
    """The entry of the record; none for a candidate from before there was an applicability."""
    entry = card.get("applicability")
    if entry is None:
        return {}
    content = read_verified(trained_dir, entry, APPLICABILITY_FILE, "applicability")
    (out_dir / APPLICABILITY_FILE).write_bytes(content)
    return {"applicability": describe_file(out_dir / APPLICABILITY_FILE)}
