"""What it takes to open the files of one scene.

What belongs here: the part of a recipe that opening needs, and where remote bytes come from.
What does not: opening (``source``).
"""

from dataclasses import dataclass

from lulc_assets.core.imagery.ranges import HttpRanges, RangeSource, S3Ranges
from lulc_assets.core.imagery.signing import Signer, signer_of_recipe
from lulc_assets.core.scene.recipe import SceneRecipe


@dataclass(frozen=True)
class Access:
    """How the files of a scene are opened.

    Attributes:
        scene_id: for messages.
        driver: the one GDAL driver that may open them.
        nodata_dn: DN that means no data, whether or not the file declares it.
        scale: reflectance of one DN, as the recipe has it.
        offset_dn: what is added to a DN before scaling, likewise.
        private_network: whether hosts may have private addresses.
        s3_endpoint: endpoint of ``s3`` hrefs; empty: Amazon's.
        signer: signs hrefs before each request.
    """

    scene_id: str
    driver: str = "GTiff"
    nodata_dn: int = 0
    scale: float = 1e-4
    offset_dn: float = 0.0
    private_network: bool = False
    s3_endpoint: str = ""
    signer: Signer | None = None

    @classmethod
    def of(cls, recipe: SceneRecipe, signer: Signer | None = None) -> "Access":
        """What a recipe says; ``signer`` replaces the service that it names."""
        return cls(
            scene_id=recipe.id,
            driver=recipe.driver,
            nodata_dn=recipe.nodata_dn,
            scale=recipe.scale,
            offset_dn=recipe.offset_dn,
            private_network=recipe.private_network,
            s3_endpoint=recipe.s3_endpoint,
            signer=signer or signer_of_recipe(recipe),
        )

    def ranges(self, href: str) -> RangeSource:
        """The remote file at an href."""
        if href.startswith("s3://"):
            return S3Ranges(href, self.scene_id, endpoint=self.s3_endpoint)
        return HttpRanges(href, self.scene_id, private=self.private_network, signer=self.signer)
