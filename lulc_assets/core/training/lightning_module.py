"""One step of training and of validation, and the learning rate.

What belongs here: what Lightning calls. What does not: the choice of data or files.
"""

import math
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule

from lulc_assets.core.errors import TrainingFailed
from lulc_assets.core.model.card import Epoch
from lulc_assets.core.model.network import LandCoverNetwork
from lulc_assets.core.training.dataset import Batch, to_reflectance
from lulc_assets.core.training.loss import LossWeights
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.core.training.tasks import task_of


class _RunningScore:
    """Weighted loss and accuracy over the batches of one epoch."""

    def __init__(self) -> None:
        self.loss_sum = self.weight_sum = 0.0
        self.correct = self.labelled = 0

    def add(self, counted: list[float]) -> None:
        """Add a batch, see ``LandCoverTraining._count``."""
        self.loss_sum += counted[0]
        self.weight_sum += counted[1]
        self.correct += int(counted[2])
        self.labelled += int(counted[3])

    @property
    def loss(self) -> float:
        return self.loss_sum / self.weight_sum

    @property
    def accuracy(self) -> float:
        return self.correct / self.labelled


class LandCoverTraining(LightningModule):
    """Trains a :class:`LandCoverNetwork` by a :class:`TrainingRecipe`.

    Attributes:
        history: one row per epoch; training figures are taken during the epoch, with dropout.
        epochs: to train at most, those before a kill counted in.
    """

    class_weights: torch.Tensor
    validation_weights: torch.Tensor

    def __init__(
        self,
        network: LandCoverNetwork,
        weights: LossWeights,
        recipe: TrainingRecipe,
        epochs: int,
    ) -> None:
        super().__init__()
        self.epochs = epochs
        self.network = network
        self.recipe = recipe
        self.task = task_of(recipe.architecture)
        self.weights = weights
        self.register_buffer("class_weights", torch.tensor(weights.training).float())
        self.register_buffer("validation_weights", torch.tensor(weights.validation).float())
        self.history: list[Epoch] = []
        self._train_score, self._val_score = _RunningScore(), _RunningScore()

    @property
    def epoch_number(self) -> int:
        """The epoch at work, from 1, counted from the very beginning."""
        return len(self.history) + 1

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """The loss of one batch.

        Raises:
            TrainingFailed: the loss is NaN or infinite.
        """
        images, codes = batch
        seen = self.task.augment(images), codes
        return self._score(seen, batch_idx, self._train_score, self.class_weights)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Adds one batch to the validation score.

        Raises:
            TrainingFailed: the loss is NaN or infinite.
        """
        self._score(batch, batch_idx, self._val_score, self.validation_weights)

    def _score(
        self, batch: Batch, number: int, score: _RunningScore, weights: torch.Tensor
    ) -> torch.Tensor:
        images, codes = batch
        logits = self.network(images)
        loss_sum, weight_sum = self.task.loss(logits, codes, weights)
        counted = self._count(loss_sum, weight_sum, logits, codes)
        if not math.isfinite(counted[0]):
            what = "training" if score is self._train_score else "validation"
            raise TrainingFailed(
                f"the {what} loss became {counted[0]} in epoch {self.epoch_number}, batch "
                f"{number + 1}; lower the learning rate or look for broken chips"
            )
        score.add(counted)
        world = self.trainer.world_size
        if world == 1:
            return loss_sum / weight_sum
        # Gradients are averaged over processes: together, the quotient over the whole batch.
        return loss_sum * (world / counted[1])

    def _count(
        self,
        loss_sum: torch.Tensor,
        weight_sum: torch.Tensor,
        logits: torch.Tensor,
        codes: torch.Tensor,
    ) -> list[float]:
        """Loss, weight, correct and labelled units of a batch, of all processes together."""
        numbers = (loss_sum.detach(), weight_sum, *self.task.metrics(logits, codes))
        total = torch.stack([number.double() for number in numbers])
        if self.trainer.world_size > 1:
            torch.distributed.all_reduce(total)
        counted: list[float] = total.tolist()
        return counted

    def on_train_epoch_start(self) -> None:
        """Start the running scores afresh, and cool down when the end is near.

        Frozen parts run as in prediction: their batch normalisation keeps its statistics.
        """
        self._train_score, self._val_score = _RunningScore(), _RunningScore()
        if self.trainer.global_rank:
            # Other dropout than rank 0's, and the same whether the training was killed or not.
            seed = (self.recipe.seed, self.trainer.global_rank, self.epoch_number)
            torch.manual_seed(int(np.random.default_rng(seed).integers(2**62)))
        for part in self.network.parts:
            if not any(p.requires_grad for p in part.parameters()):
                part.eval()
        if self.epoch_number > max(1, self.epochs - self.recipe.cooldown_epochs):
            cool = self.recipe.learning_rate * self.recipe.plateau_factor
            for group in self.trainer.optimizers[0].param_groups:
                group["lr"] = min(group["lr"], cool)

    def on_validation_epoch_end(self) -> None:
        """Give the validation loss to the schedule and to early stopping."""
        loss = torch.tensor(self._val_score.loss, dtype=torch.float64, device=self.device)
        self.log("val_loss", loss, sync_dist=True)  # equal everywhere already

    def on_train_epoch_end(self) -> None:
        """Write the epoch's row of the history (before the schedule steps)."""
        self.history.append(
            Epoch(
                epoch=self.epoch_number,
                learning_rate=float(self.trainer.optimizers[0].param_groups[0]["lr"]),
                train_loss=self._train_score.loss,
                train_accuracy=self._train_score.accuracy,
                val_loss=self._val_score.loss,
                val_accuracy=self._val_score.accuracy,
            )
        )

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Make reflectance of a stored batch, where the network is."""
        return to_reflectance(batch) if batch[0].dtype == torch.int16 else batch

    def configure_optimizers(self) -> Any:
        """AdamW, its rate divided on a plateau of the validation loss."""
        optimizer = torch.optim.AdamW(
            [p for p in self.network.parameters() if p.requires_grad],
            lr=self.recipe.learning_rate,
            weight_decay=self.recipe.weight_decay,
        )
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=self.recipe.plateau_factor, patience=self.recipe.plateau_patience
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "monitor": "val_loss", "interval": "epoch"},
        }
