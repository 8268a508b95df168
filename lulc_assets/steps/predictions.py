"""Steps of the predictions: plan batches of scenes, predict a batch, commit the year.

What belongs here: ``scene_predictions``. A scene that cannot be read comes back as data
(an :class:`Outcome` with its error), never as an exception: one bad scene must not stop
a year.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_assets.core.errors import AllScenesFailed, BundleError, SceneError
from lulc_assets.core.figures.quicklook import true_color
from lulc_assets.core.figures.scenes import prediction_figure
from lulc_assets.core.imagery.cog import read_coarse, validate_layer
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.records import Record
from lulc_assets.steps import applicability
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.making import Made, Place, write_png
from lulc_assets.steps.model import open_bundle

if TYPE_CHECKING:
    from lulc_assets.core.inference.applicability import ApplicabilityModel
    from lulc_assets.core.inference.engine import Predictor

LAYERS = ("class", "probability", "mask")

_PICTURE_PX = 1024


@dataclass(frozen=True)
class Batch:
    """Scenes that one op predicts, with the bundle that must be used."""

    tile: str
    year: int
    bundle: str
    scenes: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it."""
        return {**asdict(self), "scenes": [dict(scene) for scene in self.scenes]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Batch":
        """Rebuild a batch from :meth:`to_dict`."""
        return cls(**{**data, "scenes": tuple(data["scenes"])})


@dataclass(frozen=True)
class Outcome:
    """What became of one scene: the digest of its prediction, or why there is none."""

    scene_id: str
    digest: str
    error: str

    def to_dict(self) -> dict[str, str]:
        """Plain JSON types."""
        return asdict(self)


def plan_batches(place: Place, tile: str, year: int) -> list[Batch]:
    """Split the selected scenes into batches; no scene, no batch."""
    bundle = place.record("model_bundle")
    recipes = read_selection(place, place.record("scene_catalog", tile, year))
    size = place.project.batch_scenes
    scenes = [recipe.to_dict() for recipe in recipes]
    return [
        Batch(tile, year, bundle.digest, tuple(scenes[start : start + size]))
        for start in range(0, len(scenes), size)
    ]


def predict_batch(place: Place, batch: Batch) -> list[Outcome]:
    """Predict each scene of a batch that is not predicted yet.

    Raises:
        ProductNotFound: there is no promoted bundle.
        BundleError: the bundle is damaged, or is not the one that was planned with.
    """
    from lulc_assets.core.inference.applicability import ApplicabilityModel
    from lulc_assets.core.inference.choose import choose_engine  # loads torch

    record = place.record("model_bundle")
    if record.digest != batch.bundle:
        raise BundleError(
            "another model was promoted since this run planned its batches; run it again"
        )
    bundle, settings = open_bundle(place, record), place.project.inference
    predictor = choose_engine(bundle, settings)
    far = ApplicabilityModel(bundle) if settings.applicability else None
    outcomes = []
    for number, scene in enumerate(batch.scenes, start=1):
        recipe = SceneRecipe.from_dict(scene)
        try:
            made = _predict(place, batch, recipe, predictor, far, record)
            outcomes.append(Outcome(recipe.id, made.digest, ""))
        except SceneError as error:
            outcomes.append(Outcome(recipe.id, "", f"{type(error).__name__}: {error}"))
        place.progress(number, len(batch.scenes), f"predicted {recipe.id}")
    return outcomes


def _predict(
    place: Place,
    batch: Batch,
    recipe: SceneRecipe,
    predictor: "Predictor",
    far: "ApplicabilityModel | None",
    bundle: Record,
) -> Record:
    """The committed prediction of one scene."""
    from lulc_assets.core.inference.applicability import ApplicabilityLayer
    from lulc_assets.core.inference.scene import predict_scene  # loads torch

    grid, windows = place.grid(batch.tile), place.project.windows
    identity = {
        "bundle": bundle.digest,
        "scene": recipe.identity(),
        "grid": grid.to_dict(),
        "windows": windows.identity(grid, predictor.bundle.footprint),
        "predictor": predictor.identity(),
        # Predictions without the layer keep the identity that they had before there was one.
        **({"applicability": True} if far else {}),
    }

    def build(scratch: Path) -> Made:
        distances = ApplicabilityLayer(far, grid, scratch / applicability.LAYER) if far else None
        with distances or nullcontext() as layer:
            found = predict_scene(
                recipe, grid, predictor, scratch, windows,
                progress=place.progress, observe=layer.observe if layer else None,
            )  # fmt: skip
            shown = applicability.files_of(layer, recipe, scratch) if layer else {}
        legal = {"class": {0, *place.legend.codes}, "probability": None, "mask": {0, 1}}
        for name in LAYERS:
            validate_layer(found.files[name], grid, dtype="uint8", legal_values=legal[name])
        files = {f"{name}.tif": found.files[name] for name in LAYERS}
        files["prediction.png"] = write_png(
            scratch, "prediction.png", _picture(place, recipe, files)
        )
        files |= shown
        seen: dict[str, Any] = {"date": recipe.date, "acquisition": recipe.acquisition}
        if layer is not None:
            seen["applicability"] = dict(layer.summarise())
        return Made(files, {"counts": dict(found.counts), **seen})

    def _picture(place: Place, recipe: SceneRecipe, files: Mapping[str, Path]) -> bytes:
        look = look_at_scene(recipe, lattice_of(grid, _PICTURE_PX))
        return prediction_figure(
            true_color(look.reflectance, look.valid),
            read_coarse(files["class.tif"], _PICTURE_PX),
            read_coarse(files["mask.tif"], _PICTURE_PX) > 0,
            place.legend,
            recipe.id,
        )

    return place.make(("scene_predictions", batch.tile, batch.year, recipe.id), identity, build)


def commit_predictions(place: Place, tile: str, year: int, outcomes: Sequence[Outcome]) -> Record:
    """Commit the manifest of a tile and year: which predictions make its map.

    The manifest names the layers of each scene by content key and SHA-256, so that a map
    reads exactly these, whatever happens to a scene's own record later.

    Raises:
        AllScenesFailed: there were scenes, and not one could be predicted: a map of no
            data would say that nobody looked, which is not true.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.scene_id)
    failed = {o.scene_id: o.error for o in ordered if o.error}
    if failed and len(failed) == len(ordered):
        raise AllScenesFailed(
            f"none of the {len(ordered)} scenes of {tile} {year} could be predicted; the first: "
            f"{ordered[0].scene_id}: {ordered[0].error}"
        )
    records = {
        o.scene_id: place.record("scene_predictions", tile, year, o.scene_id)
        for o in ordered
        if not o.error
    }
    identity = {
        "tile": tile,
        "year": year,
        "bundle": place.record("model_bundle").digest,
        "scenes": {scene_id: record.digest for scene_id, record in records.items()},
        "failed": failed,
    }
    layers = {
        scene_id: {name: asdict(record.files[f"{name}.tif"]) for name in LAYERS}
        for scene_id, record in records.items()
    }
    dates, acquisitions = (
        {scene_id: record.properties[name] for scene_id, record in records.items()}
        for name in ("date", "acquisition")
    )

    def build(scratch: Path) -> Made:
        files: dict[str, Path] = {}
        if records:
            middle = list(records.values())[len(records) // 2]
            picture = place.open(middle, "prediction.png").read_bytes()
            files["prediction.png"] = write_png(scratch, "prediction.png", picture)
        properties = {
            "scenes": len(records),
            "failed": failed,
            "layers": layers,
            "dates": dates,
            "acquisitions": acquisitions,
        }
        pictures, far = applicability.of_the_year(place, records, scratch)
        return Made(files | pictures, properties | far)

    return place.make(("scene_predictions", tile, year), identity, build)
