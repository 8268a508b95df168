"""Every error that this package raises on purpose.

What belongs here: exception classes that name what was wrong with an input or a
state. What does not: handling. Each message names the file or feature, the value,
and what to do about it.
"""

_MOST = 4000
"""Characters of a message: other people's values may be megabytes long."""


class LulcError(Exception):
    """Base of all errors raised on purpose by ``lulc_assets``; long messages lose their middle."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*(_shortened(part) if isinstance(part, str) else part for part in parts))


def _shortened(message: str) -> str:
    """The start, which names the place, and the end, which says what to do."""
    if len(message) <= _MOST:
        return message
    left_out = len(message) - _MOST
    return f"{message[: _MOST // 2]} … ({left_out:,} characters) … {message[-_MOST // 2 :]}"


# --- keys and project settings -------------------------------------------------


class InvalidTileKey(LulcError, ValueError):
    """A tile key is not an MGRS 100 km square such as ``33TVM``."""


class InvalidYear(LulcError, ValueError):
    """A year is before Sentinel-2 (2015) or in the future."""


class InvalidProject(LulcError, ValueError):
    """The project file is missing, unreadable or contradicts itself."""


class InvalidLegend(LulcError, ValueError):
    """A legend breaks a rule: names, colours, roles, groups or the number of its classes."""


# --- labels and reference data --------------------------------------------------


class LabelError(LulcError, ValueError):
    """Base of all errors about labels and reference samples."""


class UnknownClass(LabelError):
    """A class name or code is not in the legend or in the crosswalk."""


class InvalidGeometry(LabelError):
    """A label geometry is empty, missing, not polygonal, or invalid."""


class OverlappingLabels(LabelError):
    """Polygons of different classes overlap where the project allows no overlap."""


class LabelLeak(LabelError):
    """Ground that judges models or maps would also train a model."""


class MissingCrs(LabelError):
    """A vector or raster source does not say its coordinate reference system."""


class InvalidSample(LabelError):
    """A reference sample breaks its schema or lacks its sampling design."""


class InvalidZones(LulcError, ValueError):
    """Zones overlap, lie outside the map, or lack a name; or a crossing layer does not fit."""


class AlertsNotDelivered(LulcError):
    """Alerts could not be delivered to an addressee; the log keeps them for the next try."""


class NoLabels(LabelError):
    """No label pixel is left where some are needed."""


# --- catalogue and scenes -------------------------------------------------------


class SceneError(LulcError):
    """Base of all errors about one scene; the rest of a run can go on without it."""


class UnknownDialect(SceneError):
    """No catalogue dialect recognises the item."""


class DialectContradicted(SceneError):
    """The dialect that the user named is not the one in which the item is written."""


class MissingBand(SceneError):
    """A scene lacks an asset that the reading recipe needs."""


class IncompleteItem(SceneError):
    """A STAC item lacks a property that the reading recipe needs."""


class OffsetUndecidable(SceneError):
    """The radiometric offset cannot be decided from the item."""


class OffsetContradicted(SceneError):
    """The pixels show another radiometric offset than the metadata state."""


class UnreadableRaster(SceneError):
    """A raster cannot be opened, is truncated, or fails while it is read."""


class ImageryUnreachable(UnreadableRaster):
    """The place of a raster does not answer, or not soundly: an outage, not a finding."""


class ImplausiblePixels(SceneError):
    """A raster's numbers are not the reflectance that the recipe promises."""


class SceneGridMismatch(SceneError):
    """A raster's CRS or grid is not the one that the tile or the item promises."""


class HrefRefused(SceneError):
    """An asset's href points to a place from which reading is not allowed."""


class CatalogError(LulcError):
    """The catalogue cannot be searched or read."""


class NoScenes(CatalogError):
    """The catalogue has no scene for a tile and year."""


class ScenesUnreachable(CatalogError):
    """Candidates could not be asked, so that nothing can be said of the year."""


class NoReadableScenes(CatalogError):
    """A tile and year has candidates, and none of them could be read."""


# --- pixels, models, maps -------------------------------------------------------


class NotFinite(LulcError, ValueError):
    """An array holds NaN or infinity where numbers are required."""


class NoTrainingChips(LulcError, ValueError):
    """No chip is left to train or to validate on."""


class SplitImpossible(NoTrainingChips):
    """Labels lie in too few places to train on some and to validate on others."""


class TrainingFailed(LulcError):
    """Training stopped because the loss was not finite or the data cannot be learnt."""


class PretrainedUnavailable(LulcError):
    """Weights to start a training from are missing, cannot be fetched, or do not fit."""


class CheckpointRefused(LulcError):
    """A checkpoint of a training is damaged, tampered with, or of another training."""


class BundleError(LulcError):
    """A model bundle is missing, tampered with, or of an unknown format."""


class AllScenesFailed(LulcError):
    """A year has scenes, and none of them could be predicted."""


class IncompatibleScene(SceneError):
    """A scene does not fit the model bundle: level, bands or ground sampling differ."""


# --- store ----------------------------------------------------------------------


class StoreError(LulcError):
    """Base of all errors about published products."""


class ProductNotFound(StoreError, LookupError):
    """No commit record exists for a product."""


class ProductCorrupt(StoreError):
    """A stored file or record does not match its checksum, or does not parse."""


class StoreUnreachable(StoreError):
    """The store does not answer, or not soundly: an outage, so that it is worth another try."""


class InvalidProduct(StoreError, ValueError):
    """A product failed its validation and was not published."""


class CommitConflict(StoreError):
    """Another writer committed the same product first; nothing was overwritten."""


class UnknownArchitecture(LulcError, ValueError):
    """A network architecture or encoder is unknown, or the two cannot be combined."""


# --- reporting ------------------------------------------------------------------


class PointOutside(LulcError, LookupError):
    """A point that is asked for lies outside every map."""


class QueryRefused(LulcError, ValueError):
    """A question to the metrics that is not one read-only query, or does not run."""


class InvalidPage(LulcError, ValueError):
    """A report page was given parts that do not fit together or are not safe to show."""
