"""Bundling: a promoted candidate becomes the files that inference needs.

What belongs here: writing a bundle. What does not: loading one (``core/model/bundle``) and the
verdict (``promotion``).
"""

import shutil
from pathlib import Path

from lulc_assets.core.errors import BundleError
from lulc_assets.core.judging.evaluate import Evaluation
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.model.applicability import APPLICABILITY_FILE
from lulc_assets.core.model.artifacts import (
    WEIGHTS_FILE,
    RecordedFile,
    read_verified,
    write_recorded,
)
from lulc_assets.core.model.bundle import BUNDLE_FILE, GRAPH_FILE, BundleRecord
from lulc_assets.core.model.footprint import measure_footprint
from lulc_assets.core.model.graph import export_graph
from lulc_assets.core.model.seal import write_manifest
from lulc_assets.core.model.triton import CONFIG_FILE, triton_config
from lulc_assets.core.training.candidate import TrainedModel


def write_bundle(
    trained_dir: Path, evaluation: Evaluation, verdict: Verdict, out_dir: Path
) -> Path:
    """Write the bundle of a promoted candidate; returns its directory.

    Classes that the verdict leaves out are silenced. Equal candidate, evaluation and verdict give
    equal bytes.

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
    trained = TrainedModel.open(Path(trained_dir))
    card, network = trained.card.without(verdict.unmapped), trained.network()
    out_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.weights, out_dir / WEIGHTS_FILE)
    graph = write_recorded(out_dir / GRAPH_FILE, export_graph(network, card.calibration))
    record = BundleRecord.of(
        card,
        graph=graph,
        applicability=_copy_applicability(trained, out_dir),
        footprint=measure_footprint(network),
        evaluation=evaluation.to_dict(),
        verdict=verdict.to_dict(),
    )
    (out_dir / BUNDLE_FILE).write_bytes(record.to_bytes())
    config = triton_config("lulc", len(record.bands), len(record.legend.classes))
    (out_dir / CONFIG_FILE).write_text(config, encoding="utf-8")
    write_manifest(out_dir)
    return out_dir


def _copy_applicability(trained: TrainedModel, out_dir: Path) -> RecordedFile | None:
    """The file's entry; None for a candidate from before there was an applicability."""
    recorded = trained.card.applicability
    if recorded is None:
        return None
    content = read_verified(trained.folder, recorded, APPLICABILITY_FILE, "applicability")
    return write_recorded(out_dir / APPLICABILITY_FILE, content)
