"""What INT8 brings and costs: post-training quantisation by NNCF, against bfloat16.

What belongs here: speed and price of a project's model in INT8, whether its bundle has it or
not. What does not: quantising and the rule by which a project may run it
(``core/inference/int8``, ``core/model/quantised``). Needs the extra ``int8``.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import peak_mb
from benchmarks.scene_inference.model import chips_of, open_work
from lulc_assets.core.inference.choose import choose_precision
from lulc_assets.core.inference.engine import Dn
from lulc_assets.core.inference.int8 import measure_price, quantise
from lulc_assets.core.inference.openvino_engine import OpenVinoPredictor
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.windows import plan_windows
from lulc_assets.core.model.bundle import Bundle

_BLOCKS, _REPEATS = 8, 3
_SCALE = 1e-4


def measure_int8(file: Path, bundle: Bundle, settings: InferenceSettings) -> dict[str, Any]:
    """Forward speed on blocks in memory and agreement with labels, in INT8 and as it runs now.

    Returns:
        ``ratio_to_limit`` is 1: the forward pass alone is measured; ``ratio_to_peer`` is the
        speed in INT8 by that of the precision that ``auto`` takes.
    """
    work = open_work(file)
    train = chips_of(work, "train")
    with_int8 = replace(bundle, int8=quantise(bundle, train))
    now = choose_precision(settings, "cpu")
    engines = {
        name: OpenVinoPredictor(with_int8, precision=name, threads=settings.threads)
        for name in (now, "int8")
    }
    grid = work.grid(work.project.training.tiles[0])
    plan = plan_windows(grid, work.project.windows, bundle.footprint)
    speed = {name: _mpx_per_s(e, plan.shape, train.image(0)) for name, e in engines.items()}
    price = measure_price(with_int8, train.sets)
    return {
        "ratio_to_limit": 1.0,
        "ratio_to_peer": speed["int8"] / speed[now],
        "mpx_per_s": speed["int8"],
        "peak_mb": peak_mb(),
        "against": now,
        "capability": engines["int8"].identity()["capability"],
        "window_px": plan.shape,
        "forward_mpx_per_s": speed,
        "agreement": dict(price.agreement),
        "agreement_fp32": dict(price.agreement_fp32),
        "equal_classes": dict(price.equal_classes),
        "loss_points": price.loss_points,
        "may_be_offered": price.acceptable,
        "verdict": str(price),
    }


def describe_int8(found: Mapping[str, Any]) -> str:
    """The same in words."""
    now = found["against"]
    lines = [
        f"{name}: forward only {speed:.2f} Mpx/s on windows of {found['window_px']} px"
        for name, speed in found["forward_mpx_per_s"].items()
    ]
    lines += [
        f"{split}: {found['agreement_fp32'][split]:.3%} agreement in float32, "
        f"{found['agreement'][split]:.3%} in INT8; {equal:.3%} equal classes"
        for split, equal in found["equal_classes"].items()
    ]
    allowed = "may be offered" if found["may_be_offered"] else "may not be offered"
    lines.append(
        f"INT8 is {found['ratio_to_peer']:.2f} × as fast as {now} ({found['capability']}); "
        f"{found['verdict']}: it {allowed}"
    )
    return "\n".join(lines)


def _mpx_per_s(engine: OpenVinoPredictor, shape: tuple[int, int], chip: Dn) -> float:
    """Speed of blocks that lie in memory, on all cores; the best of the repeats."""
    times = [-(-want // have) for want, have in zip(shape, chip.shape[1:], strict=True)]
    dn = np.ascontiguousarray(np.tile(chip, (1, *times))[:, : shape[0], : shape[1]])
    workers = engine.prepare(shape, _BLOCKS)
    best = 0.0
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(_REPEATS):
            started = time.perf_counter()
            list(pool.map(lambda _: engine.predict(dn, 0.0, _SCALE, "block"), range(_BLOCKS)))
            seconds = time.perf_counter() - started
            best = max(best, _BLOCKS * shape[0] * shape[1] / 1e6 / seconds)
    return best
