"""Fitting a calibration: from validation pixels to a bias per class and a temperature.

What belongs here: the sample of pixels, the fit, and what the card says about both. What
does not: how a calibration applies (``calibration.py``), or its diagram (``reliability.py``).

A loss with class weights w teaches a network the odds w·p instead of p, so that its logits
are too large by ln w. The fit starts at the bias −ln w, which takes that back, and maximises
the unweighted likelihood of labelled validation pixels (bias-corrected temperature scaling,
Alexandari et al. 2020). Two things keep a rare class from being wiped out by the luck of a
few validation blocks:

1. A class with fewer than :data:`FEWEST_PIXELS` pixels takes no part: its pixels and its
   logit are left out, and its bias stays at the start. A class without a validation pixel
   would otherwise be punished for every pixel that somebody mapped as something else.
2. All others are held by a Gaussian prior around the start, worth :data:`PRIOR_OBSERVATIONS`
   observations of the class: firm where few blocks of ground speak, hardly felt where many do.
   It also fixes the one degree of freedom that softmax ignores (a constant added to every
   bias), so that classes outside the fit stay where they were against the mean of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lulc_assets.core.errors import NotFinite
from lulc_assets.core.model.calibration import Calibration
from lulc_assets.core.model.card import CalibrationReport
from lulc_assets.core.model.reliability import Reliability
from lulc_assets.core.training.dataset import ChipBatches, ChipSelection

if TYPE_CHECKING:
    from lulc_assets.core.model.network import LandCoverNetwork
    from lulc_assets.core.training.recipe import CalibrationMethod

FEWEST_PIXELS = 100
"""One hectare."""

OBSERVATIONS_PER_PLACE = 10
"""Pixels of one block of ground are alike: it counts as so many observations, one for each
class that it may hold, however many pixels and dates show it. Own measurement, simulated
archive, four blocks: a fit that counted each hectare lowered the agreement of another tile
from 0.821 at the start to 0.807; held by the prior as here, 0.822."""

PRIOR_OBSERVATIONS = 4.0
"""Precision of the prior, in observations of a class: a standard deviation of half a nat.
The start is right where the loss has done its work; odds that differ from it by more than a
factor of 1.6 need evidence."""

_STEPS = 200
_BATCH_SIZE = 16


@dataclass(frozen=True)
class LogitSample:
    """Logits of labelled pixels.

    Attributes:
        logits: (n, classes), float64, on the CPU.
        labels: class indices from 0, (n,), int64.
        places: number of the place on the ground of each pixel's chip, (n,), int64.
        labelled: labelled pixels that the sample was drawn from.
    """

    logits: torch.Tensor
    labels: torch.Tensor
    places: torch.Tensor
    labelled: int

    def where(self, chosen: torch.Tensor) -> "LogitSample":
        """Some of the pixels."""
        kept = self.logits[chosen], self.labels[chosen], self.places[chosen]
        return LogitSample(*kept, self.labelled)

    def reliability(self, calibration: Calibration) -> Reliability:
        """Of these pixels under a calibration."""
        return Reliability.of(calibration.apply(_as_image(self.logits))[:, :, 0, 0], self.labels)


@dataclass(frozen=True)
class Fitted:
    """A calibration and how it was come by.

    Attributes:
        calibration: of all pixels of the sample.
        report: how it was fitted, for the card.
    """

    calibration: Calibration
    report: CalibrationReport


def sample_logits(
    network: "LandCoverNetwork", selection: ChipSelection, pixels: int, seed: int
) -> LogitSample:
    """Run a network over chips and keep the logits of some labelled pixels.

    Every labelled pixel is equally likely, so the sample has the classes in the proportion
    in which the chips have them.

    Args:
        network: in evaluation mode, on any device; run in float32.
        selection: labelled chips, usually of the validation split.
        pixels: at most so many.
        seed: of the draw.

    Raises:
        NotFinite: the network gave NaN or infinity.
    """
    counts = [int((selection.mask(i) > 0).sum()) for i in range(len(selection))]
    total = sum(counts)
    rng = np.random.default_rng(seed)
    chosen = np.zeros(total, dtype=bool)
    chosen[rng.choice(total, min(pixels, total), replace=False)] = True
    of_chip = np.repeat(_places_of(selection), counts)
    device = next(network.parameters()).device
    kept, labels, done = [], [], 0
    with torch.inference_mode():
        for images, codes in ChipBatches(selection, _BATCH_SIZE):
            known = codes > 0
            here = torch.from_numpy(chosen[done : done + int(known.sum())])
            done += len(here)
            logits = network(images.to(device)).float().cpu().permute(0, 2, 3, 1)[known][here]
            kept.append(logits.double())
            labels.append(codes[known][here] - 1)
    found = torch.cat(kept)
    if not torch.isfinite(found).all():
        raise NotFinite("the trained network gives NaN or infinity on validation chips")
    return LogitSample(
        found.clone(), torch.cat(labels).clone(), torch.from_numpy(of_chip[chosen]), total
    )


def fit_calibration(
    sample: LogitSample, start: Sequence[float], method: "CalibrationMethod"
) -> Fitted:
    """Fit a calibration and judge it.

    The figures *after* come from a fit that did not see the place of the pixel that they
    judge: places are dealt into two halves, each is judged by the fit on the other. Where
    all chips lie in one place that cannot be done, and ``cross_fitted`` is false.

    Args:
        sample: from :func:`sample_logits`.
        start: bias at which the fit begins, usually −ln of the class weights.
        method: ``bias_and_temperature``, ``temperature`` (no bias at all, for comparison),
            or ``none`` (the identity).
    """
    classes = sample.logits.shape[1]
    identity = Calibration.none(classes)
    begun = Calibration(tuple(map(float, start)), 1.0)
    counts = torch.bincount(sample.labels, minlength=classes)
    fitted = _fit(sample, begun, method)
    after, cross_fitted = _judge_apart(sample, begun, method)
    report = CalibrationReport(
        method=method,
        pixels=len(sample.labels),
        labelled_pixels=sample.labelled,
        class_pixels=tuple(counts.tolist()),
        start_bias=begun.bias,
        kept_at_start=tuple(int(c) + 1 for c in torch.nonzero(counts < FEWEST_PIXELS).flatten()),
        cross_fitted=cross_fitted,
        before=sample.reliability(identity),
        start=sample.reliability(begun),
        after=after,
    )
    return Fitted(fitted, report)


def _judge_apart(
    sample: LogitSample, start: Calibration, method: "CalibrationMethod"
) -> tuple[Reliability, bool]:
    """Reliability of two fits, each at the places of the other; False if it cannot be."""
    places = torch.unique(sample.places)
    if len(places) < 2:
        return sample.reliability(_fit(sample, start, method)), False
    second = torch.isin(sample.places, places[1::2])
    total = Reliability.none()
    for own in (second, ~second):
        fitted = _fit(sample.where(own), start, method)
        total += sample.where(~own).reliability(fitted)
    return total, True


def _fit(sample: LogitSample, start: Calibration, method: "CalibrationMethod") -> Calibration:
    classes = sample.logits.shape[1]
    if method == "none":
        return Calibration.none(classes)
    counts = torch.bincount(sample.labels, minlength=classes)
    taking_part = counts >= FEWEST_PIXELS
    if not taking_part.any():
        return start if method == "bias_and_temperature" else Calibration.none(classes)
    used = taking_part[sample.labels]
    logits = sample.logits[used][:, taking_part]
    labels = (torch.cumsum(taking_part, 0) - 1)[sample.labels[used]]
    begun = torch.tensor(start.bias, dtype=torch.float64)
    if method == "temperature":
        begun = torch.zeros_like(begun)
    shift, log_temperature = _minimise(
        logits,
        labels,
        begun[taking_part],
        observations=OBSERVATIONS_PER_PLACE * len(torch.unique(sample.places[used])),
        with_bias=method == "bias_and_temperature",
    )
    bias = begun.clone()
    bias[taking_part] += shift
    return Calibration(tuple(bias.tolist()), float(log_temperature.exp()))


def _minimise(
    logits: torch.Tensor,
    labels: torch.Tensor,
    start: torch.Tensor,
    *,
    observations: int,
    with_bias: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Shift of each bias and the logarithm of the temperature, by L-BFGS in float64."""
    shift = torch.zeros_like(start, requires_grad=with_bias)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    parameters = [shift, log_temperature] if with_bias else [log_temperature]
    optimizer = torch.optim.LBFGS(
        parameters,
        max_iter=_STEPS,
        tolerance_grad=1e-9,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scores = logits / log_temperature.exp() + start + shift
        prior = (shift**2).sum() + log_temperature**2
        loss = torch.nn.functional.cross_entropy(scores, labels)
        loss = loss + PRIOR_OBSERVATIONS / observations * prior / 2
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with torch.enable_grad():
        optimizer.step(closure)  # type: ignore[no-untyped-call]
    return shift.detach(), log_temperature.detach()


def _places_of(selection: ChipSelection) -> npt.NDArray[np.int64]:
    """A number for the block of ground of each chip, the same on all dates."""
    names = [
        f"{which}:{selection.sets[which].index['block_id'].iloc[row]}"
        for which, row in selection.places
    ]
    numbers: npt.NDArray[np.int64] = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return numbers


def _as_image(logits: torch.Tensor) -> torch.Tensor:
    """(n, classes) as images of one pixel."""
    return logits[:, :, None, None]
