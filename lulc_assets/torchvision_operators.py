"""Lets ``import torchvision`` work where torch is a CPU build and torchvision is not.

A CPU torch beside the registry's CUDA-built torchvision lacks the operators
``torchvision::nms`` and ``torchvision::qnms``; torchvision then raises at import, and
with it segmentation-models-pytorch, timm, torchmetrics and Lightning. Declaring both
operators first is enough: nothing here ever calls them. The declaration waits until
somebody imports torchvision, so that loading the Dagster definitions imports no torch,
and is undone by nothing: where the real operators load, none is declared.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

_OPERATORS = ("nms", "qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def declare_missing_operators() -> None:
    """Declare the two operators in torch if no library on disk can provide them."""
    import torch  # only when somebody asks for torchvision

    if torch.version.cuda is not None or torch.version.hip is not None:
        return  # a GPU build: torchvision's own library loads
    known = set(torch._C._dispatch_get_all_op_names())
    for name in _OPERATORS:
        qualified = f"torchvision::{name}"
        if qualified not in known:
            torch.library.define(qualified, _SCHEMA)


class _TorchvisionFinder(importlib.abc.MetaPathFinder):
    """Sees the first ``import torchvision``, declares the operators, and steps aside."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            declare_missing_operators()
        return None


def install() -> None:
    """Put the finder first on ``sys.meta_path``, once."""
    if "torchvision" in sys.modules:
        return
    if not any(isinstance(finder, _TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TorchvisionFinder())
