"""Several processes that train one model: how they are started, fed and ended.

What belongs here: what process *n* is given, the processes of ranks 1 and above, the group that
they form. What does not: the training itself (``fitting.py``), which is the same in all.

Rank 0 is the process that was asked to train: history, checkpoints and the candidate are its
own. The others are started here, read their chips from files that are mapped, not copied, and
write nothing. Lightning's own launchers either run the caller's command line again, which is
Dagster's, or return neither history nor best weights.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import torch.distributed
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import find_free_network_port

import lulc_assets
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.errors import TrainingFailed
from lulc_assets.core.model.hardware import Device
from lulc_assets.core.model.network import NetworkSpec, Normalisation
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.typed import as_plain, read_typed
from lulc_assets.core.training.dataset import ChipSelection
from lulc_assets.core.training.loss import LossWeights
from lulc_assets.core.training.recipe import TrainingRecipe

JOB_FILE = "job.json"
READY = b"ready\n"
_MODULE = "lulc_assets.core.training.rank_process"
_VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "OMP_NUM_THREADS")
"""Set while processes train together; afterwards they are what they were."""

_SHOWN_ERROR = 2000
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Rank:
    """One process of a training.

    Attributes:
        number: 0 is the process that keeps history and files.
        world: processes in all.
        port: of rank 0 on this machine; 0: a free one when a group is formed.
    """

    number: int = 0
    world: int = 1
    port: int = 0


@dataclass(frozen=True)
class RankJob:
    """What every process is given besides its chips.

    Attributes:
        recipe: to follow.
        spec: how the network is built.
        normalisation: of the network.
        weights: of the loss.
        epochs: to train at most.
        device: where.
        least: chips that a step of one device needs.
        checkpoint: folder of the checkpoint that all go on from; None: from the start.
        identity: of the training, as its checkpoints name it.
        world: processes in all.
        port: of rank 0 on this machine.
    """

    recipe: TrainingRecipe
    spec: NetworkSpec
    normalisation: Normalisation
    weights: LossWeights
    epochs: int
    device: Device
    least: int
    checkpoint: str | None
    identity: str
    world: int = 1
    port: int = 0


class OneMachine(ClusterEnvironment):
    """Tells Lightning that all processes of this machine are there already."""

    def __init__(self, rank: Rank) -> None:
        self.rank = rank
        self._port = rank.port or find_free_network_port()

    @property
    def creates_processes_externally(self) -> bool:
        """Lightning starts none."""
        return True

    @property
    def main_address(self) -> str:
        """Of rank 0."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """Of rank 0."""
        return self._port

    @staticmethod
    def detect() -> bool:
        """Only used where it is named."""
        return False

    def world_size(self) -> int:
        """Processes in all."""
        return self.rank.world

    def set_world_size(self, size: int) -> None:
        """Fixed from the start."""

    def global_rank(self) -> int:
        """Number of this process."""
        return self.rank.number

    def set_global_rank(self, rank: int) -> None:
        """Fixed from the start."""

    def local_rank(self) -> int:
        """Number of this process on this machine."""
        return self.rank.number

    def node_rank(self) -> int:
        """There is one machine."""
        return 0


@contextmanager
def started_ranks(
    world: int, job: RankJob | None, selections: Mapping[str, ChipSelection], threads: int
) -> Iterator[Rank]:
    """Start ranks 1 to ``world`` − 1; yields rank 0. They end with the context.

    Args:
        world: processes in all.
        job: of every rank, with no port yet; None: rank 0 is alone.
        selections: chips by name, for every rank.
        threads: of each process.

    Raises:
        TrainingFailed: a process ended by an error of its own.
    """
    rank = Rank(0, world, find_free_network_port() if world > 1 else 0)
    in_a_group = torch.distributed.is_initialized()  # of somebody else, not ours to leave
    variables = {name: os.environ.get(name) for name in _VARIABLES}
    # Where this is not set, Lightning chooses the threads of this process itself.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with tempfile.TemporaryDirectory(prefix="lulc-ranks-") as scratch:
        folder = Path(scratch)
        if job is not None and world > 1:
            _write_job(folder, replace(job, world=world, port=rank.port), selections)
        children = [_start(folder, number) for number in range(1, world)]
        try:
            for number, child in enumerate(children, start=1):
                if child.stdout is None or child.stdout.readline() != READY:
                    raise TrainingFailed(_last_words(folder, number))
            yield rank
        except TrainingFailed:
            raise
        except RuntimeError as error:
            broken = [n for n, child in enumerate(children, start=1) if _ended_badly(child)]
            if broken:
                raise TrainingFailed(_last_words(folder, broken[0])) from error
            raise
        finally:
            for child in children:
                _end(child)
            if not in_a_group:
                leave_group()
            for name, value in variables.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def leave_group() -> None:
    """Leave the group of processes, so that the next training can form its own."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def read_job(folder: Path) -> RankJob:
    """What :func:`started_ranks` was given, with the port of rank 0."""
    return read_typed(RankJob, (folder / JOB_FILE).read_bytes())


def read_selection(folder: Path, name: str) -> ChipSelection:
    """A selection of :func:`started_ranks`, mapped from its files."""
    images, masks = (
        np.asarray(np.load(folder / f"{name}-{part}.npy", mmap_mode="r"))
        for part in ("images", "masks")
    )
    places = np.stack([np.zeros(len(masks), np.int64), np.arange(len(masks))], axis=1)
    return ChipSelection([Chips(images, masks, gpd.GeoDataFrame())], places)


def _write_job(folder: Path, job: RankJob, selections: Mapping[str, ChipSelection]) -> None:
    (folder / JOB_FILE).write_bytes(canonical_json(as_plain(job)))
    for name, selection in selections.items():
        first, count = selection.image(0), len(selection)
        images = np.lib.format.open_memmap(
            folder / f"{name}-images.npy", "w+", first.dtype, (count, *first.shape)
        )
        masks = np.lib.format.open_memmap(
            folder / f"{name}-masks.npy", "w+", np.uint8, (count, *selection.mask(0).shape)
        )
        for item in range(count):
            images[item], masks[item] = selection.image(item), selection.mask(item)
        images.flush()
        masks.flush()


def _start(folder: Path, number: int) -> "subprocess.Popen[bytes]":
    root = str(Path(lulc_assets.__file__).parents[1])
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH")) if p)
    # The file outlives this call: the process writes to it.
    with _errors(folder, number).open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", _MODULE, str(folder), str(number)],
            stdin=subprocess.PIPE,  # closes when this process dies, and they end too
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
        )


def _ended_badly(child: "subprocess.Popen[bytes]") -> bool:
    try:
        return child.wait(_PATIENCE_S) != 0
    except subprocess.TimeoutExpired:
        return False


def _end(child: "subprocess.Popen[bytes]") -> None:
    if sys.exc_info()[0] is not None:
        child.kill()
    try:
        child.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()


def _errors(folder: Path, number: int) -> Path:
    return folder / f"errors-{number}.txt"


def _last_words(folder: Path, number: int) -> str:
    said = _errors(folder, number).read_text(errors="replace").strip()[-_SHOWN_ERROR:]
    return f"process {number} of the training ended by itself: {said or 'it said nothing'}"
