"""On how many devices a training runs.

What belongs here: the choice as the project file makes it, light enough to load with it. What
does not: the processes themselves (``ranks.py``), or what a device can do (``hardware.py``).
"""

from dataclasses import dataclass
from typing import Literal, get_args

Accelerator = Literal["auto", "cpu", "gpu"]
Strategy = Literal["auto", "ddp"]


@dataclass(frozen=True)
class TrainingDevices:
    """How many processes train one model together, a device each, on one machine.

    Attributes:
        count: devices. The batch of the recipe is shared out among them: the same number of
            steps, and the same loss but for the statistics of batch normalisation, which each
            device takes of its own share.
        accelerator: ``auto``: GPUs where there are any, else processes on the CPU. ``gpu``
            refuses to train without.
        strategy: ``auto``: one device alone, several by ``ddp`` (PyTorch's
            DistributedDataParallel through Lightning). ``ddp``: also with one device, to try it.
    """

    count: int = 1
    accelerator: Accelerator = "auto"
    strategy: Strategy = "auto"

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"[training] devices must be at least 1, not {self.count}")
        for name, known in (("accelerator", Accelerator), ("strategy", Strategy)):
            if getattr(self, name) not in get_args(known):
                raise ValueError(
                    f"[training] {name} {getattr(self, name)!r} is not one of "
                    f"{', '.join(get_args(known))}"
                )

    @property
    def distributed(self) -> bool:
        """Whether gradients are averaged over processes."""
        return self.count > 1 or self.strategy == "ddp"
