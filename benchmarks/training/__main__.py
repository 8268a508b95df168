"""How fast a network is trained, and how much of the time it waits for chips.

Run: ``python -m benchmarks.training [--encoder resnet34] [--size 256] [--batch 32]
[--chips 1024] [--epochs 3] [--device auto] [--strategy ddp] [--json]``.

Random chips are trained on by the project's own recipe, loader and Lightning module; the first
epoch warms up and is not counted. Printed: chips a second; the share of the counted time that
the training step waits for its next batch (the aim on a GPU is 5 % at most); the same speed
with one batch that lies on the device already, which is what no loader can beat. On CUDA in
bfloat16 with channels-last memory; on a CPU in what the processor multiplies. ``--strategy ddp``
trains through DistributedDataParallel on one device.
"""

import argparse
import json
import logging
import time
import warnings
from collections.abc import Iterator
from typing import Any

from benchmarks.simulated.chips import make_chips

AIM_WAITING_PCT = 5.0


class WatchedBatches:
    """Batches of ``ChipBatches``, and the time for which their user waited for them."""

    def __init__(self, batches: Any) -> None:
        self.batches = batches
        self.waited_s = 0.0

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        """One epoch."""
        source = iter(self.batches)
        while True:
            started = time.perf_counter()
            try:
                batch = next(source)
            except StopIteration:
                return
            finally:
                self.waited_s += time.perf_counter() - started
            yield batch


def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    """All figures of one setting."""
    from lulc_assets.core.legend import KARRA_10
    from lulc_assets.core.model.hardware import (
        choose_training_precision,
        describe_device,
    )
    from lulc_assets.core.training.dataset import (
        ChipBatches,
        measure_normalisation,
        select_chips,
    )
    from lulc_assets.core.training.devices import TrainingDevices
    from lulc_assets.core.training.fitting import device_for, new_module
    from lulc_assets.core.training.loss import LossWeights
    from lulc_assets.core.training.recipe import TrainingRecipe
    from lulc_assets.core.training.tasks import SEGMENTATION

    devices = TrainingDevices(1, wanted.device, wanted.strategy)
    device = device_for(devices)
    recipe = TrainingRecipe(encoder=wanted.encoder, batch_size=wanted.batch)
    selection = select_chips([make_chips(wanted.chips, wanted.size)], "train")
    module = new_module(
        SEGMENTATION.network(recipe, KARRA_10, 6), measure_normalisation(selection),
        LossWeights.of([1] * len(KARRA_10.classes)), recipe, wanted.epochs + 1,
    )  # fmt: skip
    batches = WatchedBatches(
        ChipBatches(selection, wanted.batch, augment=True, stored=device != "cpu")
    )
    seconds = _epochs(module, batches, device, devices.distributed, wanted.epochs)
    waited = batches.waited_s
    seen = wanted.chips * wanted.epochs
    alone = _bare_speed(module, next(iter(batches.batches)), device, wanted.steps)
    return {
        **describe_device(device),
        "precision": choose_training_precision(recipe.precision, device),
        "strategy": "ddp" if devices.distributed else "single device",
        "encoder": wanted.encoder,
        "size_px": wanted.size,
        "batch": wanted.batch,
        "images_per_s": round(seen / seconds, 1),
        "waiting_pct": round(100 * waited / seconds, 2),
        "aim_waiting_pct": AIM_WAITING_PCT,
        "images_per_s_without_loader": round(alone, 1),
        "ratio_to_limit": round(seen / seconds / alone, 3),
    }


def _epochs(module: Any, batches: WatchedBatches, device: Any, ddp: bool, epochs: int) -> float:
    """Seconds of the epochs after the first; leaves the waiting time of these in ``batches``."""
    import torch
    from lightning.pytorch import Callback, Trainer

    from lulc_assets.core.model.hardware import choose_training_precision
    from lulc_assets.core.training.fitting import ddp_strategy
    from lulc_assets.core.training.ranks import started_ranks

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", "You defined a `validation_step`")
    marks: list[float] = []

    class Clock(Callback):
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            if device != "cpu":
                torch.cuda.synchronize()
            if not marks:
                batches.waited_s = 0.0
            marks.append(time.perf_counter())

    # The history needs a validation, which is not what is measured here.
    module.on_train_epoch_end = lambda: None
    with started_ranks(1, None, {}, torch.get_num_threads()) as rank:
        trainer = Trainer(
            accelerator=device, devices=1, strategy=ddp_strategy(rank) if ddp else "auto",
            precision=choose_training_precision("auto", device), max_epochs=epochs + 1,
            callbacks=[Clock()], logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
        )  # fmt: skip
        # A schedule that waits for a validation loss would stop the training.
        optimizer = module.configure_optimizers()["optimizer"]
        module.configure_optimizers = lambda: optimizer
        trainer.fit(module, batches)
    return marks[-1] - marks[0]


def _bare_speed(module: Any, batch: Any, device: Any, steps: int) -> float:
    """Chips a second of plain training steps on one batch that is there already."""
    import torch

    from lulc_assets.core.model.hardware import multiplies_bf16
    from lulc_assets.core.training.dataset import to_reflectance
    from lulc_assets.core.training.loss import weighted_loss_sums

    network = module.network.to(device).train()
    optimizer = torch.optim.AdamW(network.parameters())
    on_device = tuple(part.to(device) for part in batch)
    images, codes = to_reflectance(on_device) if batch[0].dtype == torch.int16 else on_device
    weights = torch.ones(int(module.class_weights.numel()), device=device)
    marks = []
    for _ in range(steps + 1):
        with torch.autocast(device, torch.bfloat16, enabled=multiplies_bf16(device)):
            loss_sum, weight_sum = weighted_loss_sums(network(images), codes, weights)
        optimizer.zero_grad()
        (loss_sum / weight_sum).backward()
        optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        marks.append(time.perf_counter())
    return len(images) * steps / (marks[-1] - marks[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--encoder", default="resnet34")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--chips", type=int, default=1024)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20, help="of the speed without a loader")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--strategy", choices=("auto", "ddp"), default="auto")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    found = measure(wanted)
    if wanted.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:>28}  {value}")


if __name__ == "__main__":
    main()
