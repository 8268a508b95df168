"""Steps of one scene's prediction: plan batches of scenes, predict a batch.

What belongs here: ``predicted_scene``. What does not: the year that is made of them
(``predictions``). A scene that cannot be read comes back as data (an :class:`Outcome` with its
error), never as an exception: one bad scene must not stop a year.

Everything is bound by digests: a batch names the records of the catalogue and the bundle that
it was planned with, an outcome the record that it committed.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_assets.core.errors import (
    ImageryUnreachable,
    SceneError,
)
from lulc_assets.core.figures.scenes import prediction_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_coarse, validate_layer
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import SceneOfYear, TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps import applicability
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.looks import PICTURE_PX, open_look
from lulc_assets.steps.products import (
    MODEL_BUNDLE,
    PREDICTED_SCENE,
    SCENE_CATALOG,
)
from lulc_assets.steps.properties import (
    BundleProperties,
    CatalogProperties,
    PredictedSceneProperties,
)
from lulc_assets.steps.workbench import Made, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.inference.applicability import ApplicabilityModel
    from lulc_assets.core.inference.engine import Predictor


LAYERS = ("class", "probability", "mask")


@dataclass(frozen=True)
class Batch:
    """Scenes that one op predicts.

    Attributes:
        tile: of the year.
        year: see there.
        catalog: digest of the catalogue's record, which has the recipes.
        bundle: digest of the record of the model.
        scenes: ids.
    """

    tile: str
    year: int
    catalog: str
    bundle: str
    scenes: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one scene: the digest of its prediction, or why there is none.

    Attributes:
        scene_id: the provider's.
        digest: of the record of its prediction; empty where there is none.
        error: why not; empty where there is one.
        unreachable: whether that says nothing of the scene: its place did not answer.
    """

    scene_id: str
    digest: str
    error: str
    unreachable: bool = False


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch."""

    batch: Batch
    outcomes: tuple[Outcome, ...]


def plan_batches(work: Workbench, key: TileYear) -> list[Batch]:
    """Split the selected scenes into batches; no scene, no batch.

    Scenes that the model predicted before go with the first batch: each batch loads the model,
    which takes longer than finding that a prediction stands.

    Raises:
        ProductNotFound: there is no promoted bundle, or no catalogue.
    """
    bundle, catalog = work.read(MODEL_BUNDLE, Whole()), work.read(SCENE_CATALOG, key)
    chosen = [scene.id for scene in catalog.properties.scenes if scene.selected]
    known = [one for one in chosen if _is_predicted(work, key, one, bundle.digest)]
    new, size = [one for one in chosen if one not in known], work.project.batch_scenes
    batches = [new[start : start + size] for start in range(0, len(new), size)]
    batches[:1] = [known + (batches[0] if batches else [])]
    return [
        Batch(key.tile, key.year, catalog.digest, bundle.digest, tuple(scenes))
        for scenes in batches
        if scenes
    ]


def _is_predicted(work: Workbench, key: TileYear, scene_id: str, bundle: str) -> bool:
    """Whether a scene has a prediction of a model; of other settings it is made again."""
    found = work.find(PREDICTED_SCENE, SceneOfYear(key.tile, key.year, scene_id))
    return found is not None and found.inputs.get(MODEL_BUNDLE.at(Whole())) == bundle


def predict_batch(work: Workbench, batch: Batch) -> BatchResult:
    """Predict each scene of a batch that is not predicted yet.

    Raises:
        ProductNotFound: the bundle or the catalogue that it was planned with is gone.
        BundleError: the bundle is damaged.
    """
    catalog = work.kept(SCENE_CATALOG, batch.catalog)
    scene = _Predicting(work, batch, catalog, work.kept(MODEL_BUNDLE, batch.bundle))
    recipes = {recipe.id: recipe for recipe in read_selection(work, catalog)}
    outcomes = []
    for number, scene_id in enumerate(batch.scenes, start=1):
        try:
            made, stood = scene.predict(recipes[scene_id])
            outcomes.append(Outcome(scene_id, made.digest, ""))
            done = f"{scene_id}: there already" if stood else f"predicted {scene_id}"
        except SceneError as error:
            away = isinstance(error, ImageryUnreachable)
            outcomes.append(Outcome(scene_id, "", f"{type(error).__name__}: {error}", away))
            done = f"{scene_id} is left out"
        work.progress(number, len(batch.scenes), done)
    return BatchResult(batch, tuple(outcomes))


@dataclass
class _Predicting:
    """The model at work on a batch."""

    work: Workbench
    batch: Batch
    catalog: Record[CatalogProperties]
    bundle: Record[BundleProperties]
    looks: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.looks = {scene.id: scene.look for scene in self.catalog.properties.scenes}

    @property
    def whole(self) -> PixelGrid:
        """Of the tile: what of it lies beside the area is seen, not mapped."""
        return self.work.project.raster_of(self.batch.tile)

    @cached_property
    def predictor(self) -> "Predictor":
        """The engine with the bundle; loaded once per batch."""
        from lulc_assets.core.inference.choose import choose_engine  # loads torch

        return choose_engine(open_bundle(self.work, self.bundle), self.work.project.inference)

    @cached_property
    def far(self) -> "ApplicabilityModel | None":
        """The applicability of the bundle, where the project asks for it."""
        from lulc_assets.core.inference.applicability import ApplicabilityModel  # loads torch

        wanted = self.work.project.inference.applicability
        return ApplicabilityModel(self.predictor.bundle) if wanted else None

    def predict(self, recipe: SceneRecipe) -> tuple[Record[PredictedSceneProperties], bool]:
        """The committed prediction of one scene, and whether it stood already."""
        batch, grid = self.batch, self.work.grid(self.batch.tile)
        step = self.work.step(PREDICTED_SCENE, SceneOfYear(batch.tile, batch.year, recipe.id))
        step.use(self.bundle)
        windows, bundle = self.work.project.windows, self.predictor.bundle
        settings = {
            "scene": recipe,
            "grid": grid,
            "windows": windows.identity(grid, bundle.footprint, self.whole),
            "predictor": self.predictor,
            "applicability": self.far is not None,
        }
        record = step.make(settings, lambda scratch: self._build(recipe, scratch))
        return record, step.former is not None and step.former.digest == record.digest

    def _build(self, recipe: SceneRecipe, scratch: Path) -> Made[PredictedSceneProperties]:
        from lulc_assets.core.inference.applicability import ApplicabilityLayer  # loads torch
        from lulc_assets.core.inference.scene import predict_scene

        work, grid = self.work, self.work.grid(self.batch.tile)
        look = open_look(work, self.looks.get(recipe.id, ""))
        far = self.far
        distances = ApplicabilityLayer(far, grid, scratch / applicability.LAYER) if far else None
        with distances or nullcontext() as layer:
            found = predict_scene(
                recipe, grid, self.predictor, scratch, work.project.windows,
                within=self.whole, progress=work.progress,
                observe=layer.observe if layer else None,
            )  # fmt: skip
            shown = applicability.files_of(layer, look, recipe.id, scratch) if layer else {}
        legal = {"class": {0, *work.legend.codes}, "probability": None, "mask": {0, 1}}
        for name in LAYERS:
            validate_layer(found.files[name], grid, dtype="uint8", legal_values=legal[name])
        files = {f"{name}.tif": found.files[name] for name in LAYERS}
        if look is not None:
            picture = prediction_figure(
                look.rgb,
                read_coarse(files["class.tif"], PICTURE_PX),
                read_coarse(files["mask.tif"], PICTURE_PX) > 0,
                work.legend,
                recipe.id,
            )
            files["prediction.png"] = write_png(scratch, "prediction.png", picture)
        properties = PredictedSceneProperties(
            date=recipe.date,
            acquisition=recipe.acquisition,
            counts={name: int(count) for name, count in found.counts.items()},
            applicability=None if layer is None else applicability.figures_of(layer),
        )
        return Made(files | shown, properties)
