"""Training: chips and a recipe in, weights and a card out.

What belongs here: the order of the work, and what a card says. What does not: the loss,
the step, the numbers.

Equal chips, recipe, machine and versions train equal weights, bit for bit (on a CPU), whether
the training was killed in between or not.
"""

import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping

from lulc_assets.core.errors import CheckpointRefused, NoTrainingChips, TrainingFailed
from lulc_assets.core.legend import Legend
from lulc_assets.core.model.artifacts import WEIGHTS_FILE, canonical_json, sha256_of, write_weights
from lulc_assets.core.model.calibrate import fit_calibration, sample_logits
from lulc_assets.core.model.callbacks import BestWeights, RefreshBatchStatistics, TellProgress
from lulc_assets.core.model.card import (
    CARD_FILE,
    TrainedModel,
    describe_data,
    describe_network,
    describe_recipe,
)
from lulc_assets.core.model.checkpoint import Checkpoint, read_checkpoint
from lulc_assets.core.model.dataset import (
    ChipBatches,
    ChipSelection,
    count_class_pixels,
    measure_normalisation,
    select_chips,
)
from lulc_assets.core.model.hardware import best_device, choose_training_precision
from lulc_assets.core.model.lightning_module import LandCoverTraining
from lulc_assets.core.model.loss import class_weights
from lulc_assets.core.model.network import NetworkSpec, build_network
from lulc_assets.core.model.pretrained import (
    digest_files,
    freeze,
    load_pretrained,
    local_files,
)
from lulc_assets.core.model.recipe import TrainingRecipe
from lulc_assets.core.model.resume import KeepCheckpoints, epochs_done
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import BAND_ROLES, Level

if TYPE_CHECKING:
    from lulc_assets.core.chips.cut import Chips

_log = logging.getLogger(__name__)


def train_model(
    chip_sets: Sequence["Chips"],
    recipe: TrainingRecipe,
    legend: Legend,
    *,
    level: Level,
    gsd_m: float,
    inputs: Mapping[str, Any],
    out_dir: Path,
    checkpoints: Path | None = None,
    folder: Path = Path(),
    progress: Progress = silent,
) -> TrainedModel:
    """Train a network and write ``weights.safetensors`` and ``card.json``.

    Args:
        chip_sets: chips of one or more tiles and years; their index says which are
            ``train``, ``val`` and ``gold``. Gold chips are only counted.
        recipe: the numbers.
        legend: as many logits as it has classes.
        level: processing level of the chips' scenes.
        gsd_m: ground sampling of the chips, metres.
        inputs: digests of the chips or whatever else identifies them, for the card.
        out_dir: created if need be; both files are replaced.
        checkpoints: folder of this training alone, for a checkpoint an epoch; a training that
            was killed goes on from there. Removed when the training is over. A checkpoint
            that cannot be trusted is refused with a warning in the log, and training starts
            anew. ``inputs`` must then identify the chips.
        folder: that files in the recipe are relative to.
        progress: told after every batch.

    Returns:
        The candidate, with the weights of the epoch with the smallest validation loss.

    Raises:
        NoTrainingChips: no labelled chip to train or to validate on.
        TrainingFailed: the loss became NaN or infinite (a checkpoint of the last good epoch
            stays), or chips do not fit the network.
        PretrainedUnavailable: weights to start from cannot be had.
        UnknownArchitecture: the recipe names a network that does not exist.
        UnknownClass: a mask holds a code that the legend does not have.
    """
    training, validation = _require_chips(chip_sets)
    pixels = count_class_pixels(training, legend)
    count_class_pixels(validation, legend)  # refuses foreign codes
    weights = class_weights(pixels, recipe.class_weights)
    spec = _spec_of(recipe, legend)
    with _reproducible(recipe):
        normalisation = measure_normalisation(training)
        network = build_network(spec, normalisation)
        load_pretrained(network, spec, recipe, folder)
        freeze(network, recipe.trainable)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        _require_fitting_size(training, validation, network.stride)
        described = {
            **describe_recipe(recipe),
            **describe_network(spec, normalisation, legend, level, gsd_m),
            **describe_data(legend, pixels, weights, _count_chips(chip_sets), inputs),
            "pretrained": digest_files(local_files(recipe, folder)),
        }
        epochs = recipe.epochs_for(len(training))
        module = LandCoverTraining(network, torch.from_numpy(weights), recipe, epochs)
        kept = _Kept(checkpoints, sha256_of(canonical_json(described)))
        best = _fit(module, training, validation, kept, progress)
        network.load_state_dict(best.state)
        sample = sample_logits(
            network.eval(), validation, recipe.calibration_pixels, seed=recipe.seed
        )
        calibrated = fit_calibration(sample, (-np.log(weights)).tolist(), recipe.calibration)
    out_dir.mkdir(parents=True, exist_ok=True)
    card = {
        **described,
        "history": module.history,
        "best_epoch": best.epoch,
        "calibration": calibrated.calibration.to_dict(),
        "calibration_report": calibrated.report,
        "weights": write_weights(network, out_dir / WEIGHTS_FILE),
    }
    (out_dir / CARD_FILE).write_bytes(canonical_json(card))
    kept.remove()
    return TrainedModel(out_dir / WEIGHTS_FILE, out_dir / CARD_FILE, module.history)


@dataclass(frozen=True)
class _Kept:
    """Where the checkpoint of this training lies, and whose it is."""

    folder: Path | None
    identity: str

    def find(self) -> Checkpoint | None:
        """A checkpoint to go on from; one that cannot be trusted is removed."""
        if self.folder is None:
            return None
        try:
            return read_checkpoint(self.folder, self.identity)
        except CheckpointRefused as error:
            self.refuse(error)
            return None

    def refuse(self, error: CheckpointRefused) -> None:
        """Say why a checkpoint is not used, and remove it."""
        _log.warning("checkpoint refused, training starts anew: %s", error)
        self.remove()

    def remove(self) -> None:
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _count_chips(chip_sets: Sequence["Chips"]) -> dict[str, int]:
    return {split: len(select_chips(chip_sets, split)) for split in ("train", "val", "gold")}


def _require_chips(chip_sets: Sequence["Chips"]) -> tuple[ChipSelection, ChipSelection]:
    training, validation = select_chips(chip_sets, "train"), select_chips(chip_sets, "val")
    for selection, split in ((training, "train"), (validation, "val")):
        if not len(selection):
            raise NoTrainingChips(
                f"none of {sum(len(c.index) for c in chip_sets)} chips in {len(chip_sets)} set(s) "
                f"is labelled and of split {split!r}; loosen the chip filters or add labels"
            )
    return training, validation


def _require_fitting_size(training: ChipSelection, validation: ChipSelection, stride: int) -> None:
    """All chips of one size, a multiple of the stride and at least twice as large."""
    chosen = {int(which) for s in (training, validation) for which in s.places[:, 0]}
    sizes = {training.sets[which].masks.shape[1:] for which in chosen}
    if len(sizes) > 1 or any(side % stride or side < 2 * stride for side in min(sizes)):
        raise TrainingFailed(
            f"chips have sizes {sorted(sizes)}; this network needs one size for all, a multiple "
            f"of {stride} px and at least {2 * stride} px: cut the chips anew"
        )


def _spec_of(recipe: TrainingRecipe, legend: Legend) -> NetworkSpec:
    return NetworkSpec(
        architecture=recipe.architecture,
        encoder=recipe.encoder,
        encoder_depth=recipe.encoder_depth,
        decoder_channels=recipe.decoder_channels,
        in_channels=len(BAND_ROLES),
        classes=len(legend.classes),
        dropout=recipe.dropout,
    )


def _fit(
    module: LandCoverTraining,
    training: ChipSelection,
    validation: ChipSelection,
    kept: _Kept,
    progress: Progress,
) -> BestWeights:
    """Train from the kept checkpoint, or from the first epoch."""
    found = kept.find()
    try:
        return _run(module, training, validation, kept, found, progress)
    except TrainingFailed as error:
        if module.history and kept.folder is not None:
            place = f"epoch {len(module.history)} is kept in {kept.folder}"
            raise TrainingFailed(f"{error}; the last good checkpoint, after {place}") from error
        raise


def _run(
    module: LandCoverTraining,
    training: ChipSelection,
    validation: ChipSelection,
    kept: _Kept,
    found: Checkpoint | None,
    progress: Progress,
) -> BestWeights:
    """Run Lightning without any of its files, bars or summaries."""
    recipe, device, done = module.recipe, best_device(), epochs_done(found)
    stored = device != "cpu"  # reflectance is made behind the bus, not before it
    batches = ChipBatches(
        training, recipe.batch_size, augment=True, seed=recipe.seed, epoch=done, stored=stored
    )
    best = BestWeights()
    stopping = EarlyStopping("val_loss", patience=recipe.early_stop_patience)
    trainer = Trainer(
        accelerator=device,
        devices=1,
        precision=choose_training_precision(recipe.precision, device),
        max_epochs=module.epochs - done,
        deterministic=True,
        callbacks=[
            KeepCheckpoints(kept.folder, kept.identity, best, stopping, found),
            RefreshBatchStatistics(training, recipe.batch_size, recipe.statistics_chips),
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
        trainer.fit(module, batches, ChipBatches(validation, recipe.batch_size, stored=stored))
    return best


@contextmanager
def _reproducible(recipe: TrainingRecipe) -> Iterator[None]:
    """Seed, threads and deterministic kernels for the time of a training only.

    Everything random comes from torch's generator or from the one of ``ChipBatches``.
    """
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    logger = logging.getLogger("lightning.pytorch")
    log_level = logger.level
    with torch.random.fork_rng():
        try:
            logger.setLevel(logging.WARNING)
            torch.set_num_threads(recipe.threads)
            torch.manual_seed(recipe.seed)
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)
            logger.setLevel(log_level)
