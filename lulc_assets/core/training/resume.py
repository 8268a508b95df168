"""Going on with a training that was killed, bit for bit.

What belongs here: what a checkpoint holds, when it is taken, how it is put back. What does
not: its files (``checkpoint.py``).

Lightning's own checkpoints are pickles; and its resume leaves out the step of a schedule
that watches a metric, so that the curve after a kill would be another one. A checkpoint here
is taken at the start of an epoch, when everything of the last one has happened, and a
training goes on by running the epochs that are left.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping

from lulc_assets.core.errors import CheckpointRefused
from lulc_assets.core.model.card import Epoch
from lulc_assets.core.training.callbacks import BestWeights
from lulc_assets.core.training.checkpoint import Checkpoint, write_checkpoint
from lulc_assets.core.training.lightning_module import LandCoverTraining


class KeepCheckpoints(Callback):
    """Takes a checkpoint at the start of every epoch but the first, and puts one back.

    Args:
        folder: of the checkpoint; None takes none.
        identity: digest of everything that decides the training.
        best: callback whose state belongs to it.
        stopping: likewise.
        found: a checkpoint to go on from.

    Raises:
        CheckpointRefused: ``found`` lacks something (while it is put back).
    """

    def __init__(
        self,
        folder: Path | None,
        identity: str,
        best: BestWeights,
        stopping: EarlyStopping,
        found: Checkpoint | None,
    ) -> None:
        self.folder, self.identity = folder, identity
        self.best, self.stopping, self.found = best, stopping, found

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the found checkpoint back."""
        assert isinstance(pl_module, LandCoverTraining)
        if self.found is None:
            return
        try:
            self._restore(self.found, trainer, pl_module)
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise CheckpointRefused(f"the checkpoint does not fit the training: {error}") from error

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take a checkpoint."""
        assert isinstance(pl_module, LandCoverTraining)
        if self.folder is not None and trainer.is_global_zero and pl_module.history:
            write_checkpoint(self.folder, self._take(trainer, pl_module), self.identity)

    def _take(self, trainer: Trainer, module: LandCoverTraining) -> Checkpoint:
        optimizer, schedule = trainer.optimizers[0], trainer.lr_scheduler_configs[0].scheduler
        stopping = self.stopping.state_dict()
        saved = optimizer.state_dict()
        tensors = {
            "random": torch.get_rng_state(),
            "stopping.best_score": stopping.pop("best_score"),
            **{f"network.{k}": v for k, v in module.network.state_dict().items()},
            **{f"best.{k}": v for k, v in self.best.state.items()},
        }
        if torch.cuda.is_available():
            tensors["random_cuda"] = torch.cuda.get_rng_state()
        for number, values in saved["state"].items():
            tensors |= {f"optimizer.{number}.{k}": v for k, v in values.items()}
        state = {
            "history": [asdict(row) for row in module.history],
            "best": {"loss": self.best.loss, "epoch": self.best.epoch},
            "stopping": stopping,
            "schedule": schedule.state_dict(),
            "groups": saved["param_groups"],
        }
        return Checkpoint({k: v.detach().cpu() for k, v in tensors.items()}, state)

    def _restore(self, found: Checkpoint, trainer: Trainer, module: LandCoverTraining) -> None:
        state, tensors = found.state, found.tensors
        module.history = [Epoch(**row) for row in state["history"]]
        module.network.load_state_dict(_under(tensors, "network."))
        self.best.state = _under(tensors, "best.")
        self.best.loss, self.best.epoch = state["best"]["loss"], state["best"]["epoch"]
        self.stopping.load_state_dict(
            {**state["stopping"], "best_score": tensors["stopping.best_score"]}
        )
        trainer.lr_scheduler_configs[0].scheduler.load_state_dict(state["schedule"])
        _restore_optimizer(trainer.optimizers[0], state["groups"], _under(tensors, "optimizer."))
        torch.set_rng_state(tensors["random"])
        if "random_cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random_cuda"])


def epochs_done(found: Checkpoint | None) -> int:
    """Epochs that a checkpoint has behind it."""
    return 0 if found is None else len(found.state["history"])


def _restore_optimizer(
    optimizer: torch.optim.Optimizer, groups: Any, flat: dict[str, torch.Tensor]
) -> None:
    values: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in flat.items():
        number, key = name.split(".", maxsplit=1)
        values.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({"state": values, "param_groups": groups})
    for parameter, kept in optimizer.state.items():
        for key, value in kept.items():
            if value.shape == parameter.shape:
                # In the parameter's memory order, in which the kernels round as they did.
                kept[key] = torch.empty_like(parameter).copy_(value)


def _under(tensors: Any, prefix: str) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
