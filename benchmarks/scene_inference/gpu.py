"""The limit on a GPU: the captured graph, again and again, on data that lie on the device.

What belongs here: what only a GPU can answer. What does not: the scene and the peer, which are
measured as on a CPU (``scene_inference``).
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.measuring import best_seconds
from lulc_assets.core.inference.settings import Precision
from lulc_assets.core.model.bundle import Bundle

_REPEATS = 3


def require_cuda() -> None:
    """Say clearly that there is no GPU, where there is none.

    Raises:
        SystemExit: torch sees no CUDA device.
    """
    import torch

    if not torch.cuda.is_available():
        raise SystemExit(
            f"no CUDA device: torch {torch.__version__} sees none, so nothing was measured on a "
            "GPU; leave --device out to measure the CPU"
        )


def measure_replays(bundle: Bundle, block: np.ndarray, blocks: int, precision: Precision) -> float:
    """Seconds for the blocks of a scene, of which none is copied to or from the device.

    Args:
        bundle: the model.
        block: digital numbers, uint16 (bands, h, w).
        blocks: how many there are.
        precision: of convolutions.
    """
    from lulc_assets.core.inference.torch_engine import TorchPredictor

    engine = TorchPredictor(bundle, precision=precision, device="cuda")
    engine.prepare((block.shape[1], block.shape[2]), blocks)
    slots = engine.slots()
    for slot in slots:
        slot.run(block, 0.0, 1e-4, softmax=False)

    def replay(number: int) -> None:
        for _ in range(number, blocks, len(slots)):
            slots[number].replay()

    with ThreadPoolExecutor(len(slots)) as pool:
        return best_seconds(lambda: list(pool.map(replay, range(len(slots)))), _REPEATS)
