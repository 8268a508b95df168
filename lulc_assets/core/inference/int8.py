"""The network of a bundle in 8-bit integers: made at promotion, judged before it is offered.

What belongs here: quantising the bundle's graph by NNCF, and its price in agreement with
labels. What does not: the record and the files (``core/model/quantised``), running it
(``openvino_engine``).

Post-training quantisation with ranges from training chips (Nagel et al. 2021, "A White Paper
on Neural Network Quantization", §3). Only convolutions between the first and the last are
quantised: digital numbers and their logarithms have steps that 8 bits cannot hold, and logits
are calibrated, summed and compared in float32, as in every engine.
"""

import logging
import sys
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov

from lulc_assets.core.errors import BundleError, InvalidProject, NoTrainingChips
from lulc_assets.core.inference.engine import Dn, cpu_capability
from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.bundle import BUNDLE_FILE, Bundle
from lulc_assets.core.model.quantised import Int8Graph, Int8Price, write_int8
from lulc_assets.core.model.seal import write_manifest
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.training.dataset import ChipSelection, select_chips

if TYPE_CHECKING:
    from lulc_assets.core.chips.chip_set import Chips

CALIBRATION_CHIPS = 128
"""Chips of the training split from which ranges are taken, evenly spaced in its order."""

JUDGING_SPLITS = ("gold", "val")
"""Labelled chips that neither the training nor the ranges have seen."""

_SCALE = np.float32(1e-4)
"""Chips hold reflectance × 10,000."""


def add_int8(
    folder: Path, legend: Legend, chip_sets: "Sequence[Chips]", progress: Progress = silent
) -> Int8Price:
    """Quantise the graph of a bundle, measure its price and put both into the bundle.

    The graph is added only if its price is acceptable; the price always, so that a project
    which asks for INT8 learns why it is refused.

    Args:
        folder: of a bundle that is not published yet; changed in place.
        legend: of the maps.
        chip_sets: chips of the training partitions.
        progress: told after each split.

    Raises:
        InvalidProject: NNCF is not installed.
        NoTrainingChips: there is no chip to calibrate on, or none to judge by.
        BundleError: the bundle is damaged, or NNCF cannot quantise its graph.
        NotFinite: the quantised network gives NaN or infinity.
    """
    bundle = Bundle.load(folder, legend)
    graph = quantise(bundle, select_chips(chip_sets, "train"))
    price = measure_price(replace(bundle, int8=graph), chip_sets, progress)
    made_by = f"nncf {version('nncf')}, openvino {ov.__version__}, {cpu_capability()}"
    record = replace(bundle.record, int8=write_int8(price, graph, made_by, folder))
    (folder / BUNDLE_FILE).write_bytes(record.to_bytes())
    write_manifest(folder)
    return price


def quantise(bundle: Bundle, chips: ChipSelection) -> Int8Graph:
    """The bundle's graph with its convolutions in INT8; equal chips give equal bytes.

    Raises:
        InvalidProject: NNCF is not installed.
        NoTrainingChips: there is no chip.
        BundleError: NNCF cannot quantise this graph.
    """
    if find_spec("nncf") is None:
        raise InvalidProject(
            "[inference] precision = 'int8' needs NNCF: pip install 'lulc-assets[int8]'"
        )
    if not len(chips):
        raise NoTrainingChips("no training chip to take the ranges of INT8 from")
    rows = np.linspace(0, len(chips) - 1, min(len(chips), CALIBRATION_CHIPS)).round().astype(int)
    images = [chips.image(int(row)) for row in rows]
    model = OpenVinoPredictor(bundle).read_graph()
    bands = len(bundle.bands)
    model.reshape({"dn": [1, bands, *images[0].shape[1:]]})
    _name_by_place(model)  # NNCF notes the names that it was told to leave
    quantised = _run_nncf(model, images)
    quantised.reshape({"dn": ov.PartialShape([1, bands, -1, -1])})
    _name_by_place(quantised)
    with tempfile.TemporaryDirectory(prefix="lulc-int8-") as scratch:
        file = Path(scratch) / "graph.xml"
        ov.save_model(quantised, file, compress_to_fp16=False)
        return Int8Graph(file.read_bytes(), file.with_suffix(".bin").read_bytes())


def measure_price(
    bundle: Bundle, chip_sets: "Sequence[Chips]", progress: Progress = silent
) -> Int8Price:
    """Compare INT8 with float32 on labelled chips that the network was not fitted to.

    Raises:
        NoTrainingChips: no such chip is labelled.
        NotFinite: the quantised network gives NaN or infinity.
    """
    engines = {name: OpenVinoPredictor(bundle, precision=name) for name in ("int8", "fp32")}  # type: ignore[arg-type]
    found: dict[str, tuple[float, float, float]] = {}
    for number, split in enumerate(JUDGING_SPLITS, start=1):
        chips = select_chips(chip_sets, split)
        if len(chips):
            found[split] = _compare(engines["int8"], engines["fp32"], chips, split)
        progress(number, len(JUDGING_SPLITS), "judging the INT8 graph")
    if not found:
        raise NoTrainingChips("no labelled gold or validation chip to judge the INT8 graph by")
    own, full, equal = ({s: figures[i] for s, figures in found.items()} for i in range(3))
    return Int8Price(own, full, equal)


def _compare(
    int8: OpenVinoPredictor, fp32: OpenVinoPredictor, chips: ChipSelection, split: str
) -> tuple[float, float, float]:
    """Agreement in INT8 and in float32, share of pixels with equal classes."""
    counts = np.zeros(5, np.int64)
    for item in range(len(chips)):
        image, mask = chips.image(item), chips.mask(item)
        where = f"{split} chip {item}"
        own, full = (e.predict(image, 0.0, float(_SCALE), where)[0] for e in (int8, fp32))
        labelled = mask > 0
        seen = (labelled & (own == mask), labelled & (full == mask), labelled, own == full)
        counts += np.array([*(np.count_nonzero(pixels) for pixels in seen), own.size], np.int64)
    hits, hits_fp32, judged, equal, pixels = counts.tolist()
    return hits / judged, hits_fp32 / judged, equal / pixels


def _run_nncf(model: ov.Model, images: Sequence[Dn]) -> ov.Model:
    # NNCF draws its progress on standard output, where commands print their results.
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        # It also warns of what other libraries deprecate.
        warnings.simplefilter("ignore")
        import nncf  # an extra, seconds to load, needed at promotion only

        nncf.set_log_level(logging.ERROR)
        try:
            quantised: ov.Model = nncf.quantize(
                model,
                nncf.Dataset(images, _feed),
                # Activations behind a ReLU are not symmetric around 0.
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(images),
                ignored_scope=nncf.IgnoredScope(names=_around_network(model), validate=False),
            )
        except (RuntimeError, nncf.errors.InternalError) as error:
            raise BundleError(f"NNCF cannot quantise the network: {error}") from error
    return quantised


def _name_by_place(model: ov.Model) -> None:
    """Names of nodes count what a process has built so far: equal graphs get equal names."""
    for number, node in enumerate(model.get_ordered_ops()):
        if node.get_type_name() != "Parameter":
            node.set_friendly_name(f"{node.get_type_name()}_{number}")


def _feed(dn: Dn) -> dict[str, Any]:
    numbers = {"offset_dn": np.array(0, np.float32), "scale": np.array(_SCALE)}
    return {"dn": dn[None].astype(np.float32), **numbers}


def _around_network(model: ov.Model) -> list[str]:
    """Names of what comes before the first and after the last convolution with its bias."""
    names = [node.get_friendly_name() for node in model.get_ordered_ops()]
    kinds = [node.get_type_name() for node in model.get_ordered_ops()]
    convolutions = [place for place, kind in enumerate(kinds) if kind == "Convolution"]
    if not convolutions:
        raise BundleError("the graph has no convolution to quantise")
    bias = kinds.index("Add", convolutions[-1])
    return [
        name
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
        if kind not in {"Constant", "Parameter", "Result"} and not convolutions[0] <= place <= bias
    ]
