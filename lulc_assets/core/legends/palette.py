"""Colours for classes that nobody gave a colour.

What belongs here: colours that people tell apart, also those who see no difference between red
and green. What does not: the colours of legends that have their own, what a name means
(``meaning``).

A class whose name says what it is gets a colour of that hue, as long as one can be told apart
from those before; telling apart goes before meaning. Of the others the first seven are the
palette of Okabe and Ito (2008, "Color universal design"), made for this, without black, and
without hues that another class of the legend means. More are added one at a time: of a lattice of
colours in Oklab (Ottosson 2020) the one whose smallest difference from all before is largest,
where a difference is the least of those that normal sight, protanopia and deuteranopia have
(simulated as by Machado, Oliveira and Fernandes 2009, table 1, severity 1.0, in linear RGB). The
least difference stays that of the published palette (0.076) up to 20 classes without a meaning; it
is 0.05 with 40 and 0.04 with 60, where no palette can be read from colours alone.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend_class import LandCover
from lulc_assets.core.legends.meaning import HUES, Hues, meaning_of

OKABE_ITO = (
    "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#0072B2", "#D55E00",
)  # fmt: skip
OTHER_COLOR, CLOUD_COLOR = "#BDBDBD", "#616161"
_PAPER = "#FFFFFF"
"""Ground without data is white on pages: no class may look like it."""

_STEPS = 12
"""Of the lattice, a side of the RGB cube: 1,728 candidates."""

F64 = npt.NDArray[np.float64]

_SIGHTS = (
    np.eye(3),
    np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),  # protanopia
    np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),  # deuteranopia
)  # fmt: skip


def colors_of_names(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """A colour for each class by what its name means, all of them different, ``#RRGGBB``.

    Equal arguments give equal colours.

    Args:
        names: of classes; :func:`~lulc_assets.core.legends.meaning.meaning_of` reads them.
        taken: colours that other classes have.
    """
    meanings = [meaning_of(name) for name in names]
    used = [color.upper() for color in taken if color]
    found: dict[int, str] = {}
    firsts = {m: at for at, m in reversed(list(enumerate(meanings))) if m is not None}
    rest = [at for at, m in enumerate(meanings) if m is not None and at != firsts[m]]
    for at in [*sorted(firsts.values()), *rest]:
        meaning = meanings[at]
        color = _of_hue(meaning, used, first=at not in rest) if meaning is not None else None
        if color is not None:
            found[at] = color
            used.append(color)
    spoken = [HUES[meaning] for meaning in firsts]
    others = iter(propose_colors(len(names) - len(found), used, spoken))
    return [found.get(at) or next(others) for at in range(len(names))]


def _of_hue(meaning: LandCover, used: Sequence[str], *, first: bool) -> str | None:
    """The colour of a meaning that is farthest from those used; None: none is far enough."""
    hues = HUES[meaning]
    near = [_PAPER, *used]
    if first and color_difference([hues.first], near).min() > _LEAST_APART:
        return hues.first
    lattice = _lattice()
    inside = np.flatnonzero(_within(lattice, [hues]))
    apart = color_difference([lattice[at] for at in inside], near).min(axis=1)
    best = int(apart.argmax())
    return lattice[inside[best]] if apart[best] > _LEAST_APART else None


def _within(colors: Sequence[str], hues: Sequence[Hues]) -> npt.NDArray[np.bool_]:
    """Which colours have one of these hues and enough of it to be seen, shape (n,)."""
    lab = _oklab(colors, _SIGHTS[0])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    strong = np.hypot(lab[:, 1], lab[:, 2]) > _LEAST_CHROMA
    inside = np.zeros(len(colors), dtype=bool)
    for each in hues:
        inside |= (hue >= each.begins) & (hue <= each.ends)
    return inside & strong


def propose_colors(
    count: int, taken: Sequence[str] = (), avoided: Sequence[Hues] = ()
) -> list[str]:
    """Colours, ``#RRGGBB``, that differ from each other, from those taken, and from white.

    Equal arguments give equal colours.

    Args:
        count: how many.
        taken: colours that other classes have.
        avoided: hues that would be read as something else, used when no other is left.
    """
    used = [color.upper() for color in taken if color]
    found: list[str] = []
    misread = _within(OKABE_ITO, avoided)
    for color, bad in zip(OKABE_ITO, misread, strict=True):
        apart = not used or color_difference([color], used).min() > _LEAST_APART
        if len(found) < count and apart and not bad:
            found.append(color)
    if len(found) == count:
        return found
    lattice = _lattice()
    nearest = color_difference(lattice, [_PAPER, *used, *found]).min(axis=1)
    misread = _within(lattice, avoided)
    while len(found) < count:
        clear = np.where(misread, 0.0, nearest)
        best = int((clear if clear.max() > _LEAST_APART else nearest).argmax())
        found.append(lattice[best])
        nearest = np.minimum(nearest, color_difference(lattice, found[-1:])[:, 0])
    return found


def color_difference(first: Sequence[str], second: Sequence[str]) -> F64:
    """Difference of colours to the eye that sees least of it, shape (first, second), Oklab."""
    distances = [
        np.linalg.norm(_oklab(first, sight)[:, None] - _oklab(second, sight)[None], axis=2)
        for sight in _SIGHTS
    ]
    found: F64 = np.min(distances, axis=0)
    return found


_LEAST_APART = 0.07
"""Oklab; a colour of the palette that is nearer to one already taken is left out."""
_LEAST_CHROMA = 0.04
"""Oklab; below it a colour is a grey, and its hue is not seen."""


@lru_cache(maxsize=1)
def _lattice() -> tuple[str, ...]:
    """Candidates that are neither so dark nor so pale that they pass for ink or paper."""
    levels = np.linspace(0, 255, _STEPS).round().astype(int)
    colors = [f"#{r:02X}{g:02X}{b:02X}" for r in levels for g in levels for b in levels]
    lightness = _oklab(colors, _SIGHTS[0])[:, 0]
    return tuple(c for c, light in zip(colors, lightness, strict=True) if 0.3 < light < 0.93)


def _oklab(colors: Sequence[str], sight: F64) -> F64:
    """Oklab coordinates as seen, shape (n, 3)."""
    rgb = np.array([[int(c[at : at + 2], 16) for at in (1, 3, 5)] for c in colors]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ sight.T, 0, 1)
    to_cones = np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
         [0.0883024619, 0.2817188376, 0.6299787005]]
    )  # fmt: skip
    to_lab = np.array(
        [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
         [0.0259040371, 0.7827717662, -0.8086757660]]
    )  # fmt: skip
    lab: F64 = np.cbrt(seen @ to_cones.T) @ to_lab.T
    return lab
