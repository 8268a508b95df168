"""The epochs of a training, in one process or in several that share every batch.

What belongs here: what Lightning is given, and what a process does between checkpoint and last
epoch. What does not: chips, calibration and card (``train.py``), the step (``lightning_module``).
"""

import logging
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.strategies import DDPStrategy

from lulc_assets.core.errors import CheckpointRefused, InvalidProject, TrainingFailed
from lulc_assets.core.model.hardware import Device, best_device, choose_training_precision
from lulc_assets.core.model.network import NetworkSpec, Normalisation, build_network
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.training.callbacks import BestWeights, RefreshBatchStatistics, TellProgress
from lulc_assets.core.training.checkpoint import Checkpoint, read_checkpoint
from lulc_assets.core.training.dataset import ChipBatches, ChipSelection
from lulc_assets.core.training.devices import TrainingDevices
from lulc_assets.core.training.lightning_module import LandCoverTraining
from lulc_assets.core.training.loss import LossWeights
from lulc_assets.core.training.pretrained import freeze
from lulc_assets.core.training.ranks import OneMachine, Rank, RankJob, started_ranks
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.core.training.resume import KeepCheckpoints, epochs_done

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """Where the checkpoint of this training lies, and whose it is."""

    folder: Path | None = None
    identity: str = ""

    def find(self) -> Checkpoint | None:
        """A checkpoint to go on from; one that cannot be trusted is removed."""
        if self.folder is None:
            return None
        try:
            return read_checkpoint(self.folder, self.identity)
        except CheckpointRefused as error:
            _log.warning("checkpoint refused, training starts again: %s", error)
            self.remove()
            return None

    def remove(self) -> None:
        """Remove the folder of checkpoints, if there is one."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Fitting:
    """What a process trains, on what; a step of one device needs ``least`` chips."""

    module: LandCoverTraining
    training: ChipSelection
    validation: ChipSelection
    device: Device
    distributed: bool = True
    least: int = 1


def device_for(devices: TrainingDevices) -> Device:
    """Where to train.

    Raises:
        InvalidProject: there are not so many GPUs.
    """
    device = "cpu" if devices.accelerator == "cpu" else best_device()
    if devices.accelerator == "gpu" and device != "cuda":
        raise InvalidProject(
            '[training] accelerator = "gpu", but torch sees no GPU on this machine; leave it '
            "out, or install a driver and a build of torch for it"
        )
    if device == "cuda" and devices.count > torch.cuda.device_count():
        raise InvalidProject(
            f"[training] devices = {devices.count}, but this machine has "
            f"{torch.cuda.device_count()} GPU(s); ask for as many at most"
        )
    return device


def new_module(
    spec: NetworkSpec,
    normalisation: Normalisation,
    weights: LossWeights,
    recipe: TrainingRecipe,
    epochs: int,
) -> LandCoverTraining:
    """A network with fresh weights, ready to train; ranks above 0 receive those of rank 0."""
    network = build_network(spec, normalisation)
    freeze(network, recipe.trainable)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LandCoverTraining(network, weights, recipe, epochs)


def fit(
    fitting: Fitting,
    spec: NetworkSpec,
    kept: Kept,
    devices: TrainingDevices,
    progress: Progress,
) -> BestWeights:
    """Train from the kept checkpoint, or from the first epoch.

    Raises:
        TrainingFailed: the loss is not finite; the message names the last good checkpoint.
    """
    module, found = fitting.module, kept.find()
    job = RankJob(
        recipe=module.recipe,
        spec=spec,
        normalisation=module.network.normalisation,
        weights=module.weights,
        epochs=module.epochs,
        device=fitting.device,
        least=fitting.least,
        checkpoint=None if found is None else str(kept.folder),
        identity=kept.identity,
    )
    chips = {"train": fitting.training, "val": fitting.validation}
    threads = threads_of_one(module.recipe, devices.count)
    try:
        with started_ranks(devices.count, job, chips, threads) as rank:
            return run_epochs(fitting, found, rank, kept, progress)
    except TrainingFailed as error:
        if module.history and kept.folder is not None:
            place = f"epoch {len(module.history)} is kept in {kept.folder}"
            raise TrainingFailed(f"{error}; the last good checkpoint, after {place}") from error
        raise


def run_epochs(
    fitting: Fitting,
    found: Checkpoint | None,
    rank: Rank,
    kept: Kept | None = None,
    progress: Progress = silent,
) -> BestWeights:
    """Run Lightning without any of its files, bars or summaries, as one of ``rank.world``."""
    kept = kept or Kept()
    module, recipe, done = fitting.module, fitting.module.recipe, epochs_done(found)
    torch.set_num_threads(threads_of_one(recipe, rank.world))
    stored = fitting.device != "cpu"  # reflectance is made behind the bus, not before it
    shard = (rank.number, rank.world)
    least = fitting.least if fitting.least == 1 else fitting.least * rank.world
    batches = ChipBatches(
        fitting.training, recipe.batch_size, augment=True, seed=recipe.seed, epoch=done,
        stored=stored, shard=shard, least=least,
    )  # fmt: skip
    judged = ChipBatches(fitting.validation, recipe.batch_size, stored=stored, shard=shard)
    best = BestWeights()
    stopping = EarlyStopping("val_loss", patience=recipe.early_stop_patience)
    trainer = Trainer(
        accelerator=fitting.device,
        devices=rank.world,
        strategy=ddp_strategy(rank) if fitting.distributed else "auto",
        use_distributed_sampler=False,
        precision=choose_training_precision(recipe.precision, fitting.device),
        max_epochs=module.epochs - done,
        deterministic=True,
        callbacks=[
            KeepCheckpoints(kept.folder, kept.identity, best, stopping, found),
            RefreshBatchStatistics(
                fitting.training, recipe.batch_size, recipe.statistics_chips, fitting.least
            ),
            best,
            stopping,
            TellProgress(progress, len(batches)),
        ],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    with warnings.catch_warnings():
        # Lightning 2.6 asks torch in a way that torch 2.13 deprecates; not ours to change.
        warnings.filterwarnings("ignore", r".*isinstance\(treespec, LeafSpec\)", FutureWarning)
        # Kernels of 1 × 1 have two memory orders that are the same; a copy more, no harm.
        warnings.filterwarnings("ignore", "Grad strides do not match", UserWarning)
        trainer.fit(module, batches, judged)
    return best


def require_full_batches(
    chips: int, recipe: TrainingRecipe, least: int, devices: TrainingDevices
) -> None:
    """Refuse batches of fewer chips than the network needs.

    Args:
        chips: to train on.
        recipe: with the size of a batch.
        least: chips that a step of one device needs.
        devices: that share every batch.

    Raises:
        TrainingFailed: the batch or the chips are too few.
    """
    needed = least * devices.count
    if least > 1 and recipe.batch_size < needed:
        raise TrainingFailed(
            f"{recipe.architecture} normalises over a batch and needs {least} chips per step on "
            f"each of {devices.count} device(s): set [recipe] batch_size to {needed} at least, not "
            f"{recipe.batch_size}"
        )
    if least > 1 and chips < needed:
        raise TrainingFailed(
            f"{recipe.architecture} normalises over a batch and needs {needed} training chips "
            f"and has {chips}: label more, or take another [recipe] architecture"
        )


def threads_of_one(recipe: TrainingRecipe, world: int) -> int:
    """CPU threads of one of some processes that share those of the recipe."""
    return max(1, recipe.threads // world)


def ddp_strategy(rank: Rank) -> DDPStrategy:
    """Gradients averaged over the processes of a training."""
    # A static graph also serves encoders with stages that a smaller depth never runs.
    return DDPStrategy(cluster_environment=OneMachine(rank), static_graph=True)
