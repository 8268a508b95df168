"""The small network whose predictions the benchmark of change is run on.

What belongs here: a convolutional network of three layers and its training on landscapes
that no figure is taken from. What does not: the landscapes (``landscapes``).

It sees 11 × 11 pixels and six bands of one date, as the product's network sees one date; it
is smaller, so that its errors are of the same kind and more of them: a single date agrees
with the truth of another landscape about as often (0.7) as the product's network does
(``core/model/network.py`` names 0.76).
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

CLASSES = 10
BANDS = 6
WIDTH = 32
_LOG_OFFSET = 0.05
_CROP_PX = 96
_STEPS = 1500

U8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def build_network() -> nn.Sequential:
    """The network: log reflectance (n, 6, h, w) in, logits (n, 10, h, w) out."""
    layers: list[nn.Module] = []
    channels = BANDS
    for dilation in (1, 2, 2):
        layers += [
            nn.Conv2d(channels, WIDTH, 3, padding=dilation, dilation=dilation),
            nn.BatchNorm2d(WIDTH),
            nn.ReLU(),
        ]
        channels = WIDTH
    return nn.Sequential(*layers, nn.Conv2d(WIDTH, CLASSES, 1))


def logarithm(reflectance: Floats) -> Floats:
    """What the network sees, about −1 to 1."""
    seen = np.log(np.maximum(reflectance, 0) + np.float32(_LOG_OFFSET)) + np.float32(1.8)
    return seen.astype(np.float32)


def train_network(scenes: Iterable[tuple[Floats, U8]], seed: int = 0) -> nn.Sequential:
    """Fit a network to scenes at their natural shares of classes, so that it stays calibrated.

    Args:
        scenes: reflectance (6, h, w) and codes 0–10 (h, w), 0 is left out.
        seed: of weights and crops.
    """
    kept = [
        (torch.from_numpy(logarithm(seen)), torch.from_numpy(codes.astype(np.int64) - 1))
        for seen, codes in scenes
    ]
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = build_network().train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=_STEPS)
    loss = nn.CrossEntropyLoss(ignore_index=-1)
    for _ in range(_STEPS):
        crops, wanted = zip(*(_crop(rng, *kept[i]) for i in rng.integers(len(kept), size=4)),
                            strict=True)  # fmt: skip
        optimizer.zero_grad()
        loss(network(torch.stack(crops)), torch.stack(wanted)).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def _crop(
    rng: np.random.Generator, seen: torch.Tensor, codes: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    row, col = (int(rng.integers(side - _CROP_PX + 1)) for side in codes.shape)
    part = (slice(row, row + _CROP_PX), slice(col, col + _CROP_PX))
    return seen[(slice(None), *part)], codes[part]


@torch.inference_mode()
def predict(network: nn.Sequential, reflectance: Floats) -> tuple[U8, U8]:
    """Class code 1–10 and 255 · its probability, (h, w) uint8, of one scene (6, h, w)."""
    logits = network(torch.from_numpy(logarithm(reflectance))[None])[0]
    likeliest, code = torch.softmax(logits, 0).max(0)
    codes = (code + 1).numpy().astype(np.uint8)
    return codes, np.rint(255 * likeliest.numpy()).astype(np.uint8)


def save_network(network: nn.Sequential, path: Path) -> None:
    """Write the weights as safetensors."""
    from safetensors.torch import save_file

    save_file(network.state_dict(), path)


def load_network(path: Path) -> nn.Sequential:
    """Read what :func:`save_network` wrote."""
    from safetensors.torch import load_file

    network = build_network()
    network.load_state_dict(load_file(path))
    return network.eval()
