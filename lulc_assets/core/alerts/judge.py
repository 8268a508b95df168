"""Who judges a year, and the states that its judgements are kept in.

What belongs here: baseline, evidence and settings as one identity; reading a kept state and
refusing that of another judge. What does not: judging (``update``, ``blocks``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lulc_assets.core.alerts.baseline import BaselineFile
from lulc_assets.core.alerts.block_file import BlockFile
from lulc_assets.core.alerts.ladder import AlertSettings
from lulc_assets.core.alerts.replay import KeptState
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.store.canonical import digest_of


@dataclass(frozen=True)
class Judge:
    """What judges: baseline, evidence and settings, as one identity.

    Attributes:
        year: of the alerts.
        grid: of the tile.
        baseline: file of last year's map, see ``baseline.write_baseline``.
        evidence: learnt from validation data.
        settings: of the ladder.
        context: what else the states must agree in: the digest of the bundle, say.
    """

    year: int
    grid: PixelGrid
    baseline: Path
    evidence: Evidence
    settings: AlertSettings
    context: Mapping[str, str] = field(default_factory=dict)

    def identity(self, baseline: BaselineFile) -> str:
        """Digest of all that a state depends on besides its scenes."""
        return digest_of(
            {
                "year": self.year,
                "baseline": {"year": baseline.year, **baseline.identity},
                "parts": [part.name for part in baseline.parts],
                "evidence": self.evidence.digest,
                "settings": self.settings.identity(),
                "context": dict(self.context),
            }
        )


def state_name(name: str) -> str:
    """File name of a state."""
    return f"state_{name}.zip"


def read_kept_state(path: Path, grid: PixelGrid, identity: str | None = None) -> KeptState:
    """A kept state, with the dates that it has seen.

    Raises:
        InvalidProduct: it is of another bundle, baseline, evidence or settings.
        ProductCorrupt: it cannot be read.
    """
    with BlockFile(path, grid) as state:
        header = state.header
    try:
        found, seen = header["judge"], tuple((day, dict(scenes)) for day, scenes in header["seen"])
    except (KeyError, TypeError, ValueError) as error:
        raise ProductCorrupt(f"state {path} does not say what it has seen: {error}") from error
    if identity is not None and found != identity:
        raise InvalidProduct(
            f"state {path} was judged with another bundle, baseline, evidence or settings than "
            "those in use now; judge the year anew (leave the kept states out)"
        )
    return KeptState(path, seen)
