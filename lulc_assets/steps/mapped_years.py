"""A committed annual map as change looks at it.

What belongs here: from a map's record to its files, its predictions and what two years must have
in common. What does not: change (``change``), alerts (``alerts``), evidence (``change_evidence``).
"""

from lulc_assets.core.change.mapped_year import MappedYear
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.store.canonical import digest_of, identity_of
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.maps import kept_parts, predicted_scenes
from lulc_assets.steps.products import SCENE_CATALOG, SCENE_PREDICTIONS
from lulc_assets.steps.properties import MapProperties
from lulc_assets.steps.workbench import Workbench

_SHORT = 12


def open_mapped_year(work: Workbench, record: Record[MapProperties], key: TileYear) -> MappedYear:
    """The files and predictions of a committed map; what it names is fetched to the byte.

    Raises:
        InvalidProduct: it keeps its sums by other parts of the year than the project has now.
    """
    kept, parts = kept_parts(record), {part.name for part in work.project.composite.parts()}
    if kept and set(kept) != parts:
        raise InvalidProduct(
            f"{record.product} keeps sums of {', '.join(kept)}, the project's seasons need "
            f"{', '.join(sorted(parts))}; materialize annual_map again"
        )
    return MappedYear(
        year=key.year,
        class_map=work.open(record, "class.tif"),
        scenes=predicted_scenes(work, record.properties.predictions),
        sums={part: work.open(record, name) for part, name in kept.items()},
        identity=identity_of_map(work, record, key),
    )


def identity_of_map(
    work: Workbench, record: Record[MapProperties], key: TileYear
) -> dict[str, str]:
    """What two years must agree in to be compared: bundle, legend, weights, selection, grid.

    Selection is that of the catalogue which the map's predictions were chosen from; records of
    before it was noted leave it out.
    """
    found = {
        "bundle": record.properties.bundle[:_SHORT],
        "legend": record.properties.legend[:_SHORT],
        "weights and rule of the vote": digest_of(identity_of(record.properties.rule))[:_SHORT],
        "area of interest": digest_of(identity_of(record.properties.grid))[:_SHORT],
    }
    selection = selection_of_map(work, record, key)
    return {**found, "selection of scenes": selection[:_SHORT]} if selection else found


def selection_of_map(work: Workbench, record: Record[MapProperties], key: TileYear) -> str:
    """Digest of the rules by which the scenes of a map were selected; empty: not noted."""
    predictions = record.inputs.get(SCENE_PREDICTIONS.at(key))
    if predictions is None:
        return ""
    catalog = work.kept(SCENE_PREDICTIONS, predictions).inputs.get(SCENE_CATALOG.at(key))
    return "" if catalog is None else work.kept(SCENE_CATALOG, catalog).properties.selection
