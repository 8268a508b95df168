"""What a class means by its name, in several languages, and the colours that maps give it.

What belongs here: words, and a hue per meaning. What does not: telling colours apart
(``palette``), translating labels (``core/crosswalks``): a word decides on a colour here, never on
what is mapped.

Nobody reads water in orange. A name that says nothing known has no meaning, and any colour will do.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from lulc_assets.core.legend_class import LandCover, spelling

_SHORTEST_PART = 4
"""Letters of a word that may begin or end a longer one: ``wald`` in Laubwald, not ``las``."""

_WORDS: Mapping[LandCover, str] = {
    LandCover.SNOW_ICE: (
        "snow ice glacier glaciers schnee eis gletscher neige glace nieve hielo nev neve led "
        "sneg sníh snih śnieg snieg lód gelo ghiaccio ghiacciaio buz kar"
    ),
    LandCover.FLOODED_VEGETATION: (
        "flooded wetland wetlands marsh marshes swamp swamps bog bogs peat peatland mangrove "
        "mangroves fen reed feuchtgebiet sumpf moor moore auwald schilf überflutet humedal "
        "humedales pantano marisma manglar turbera marais tourbière humide mokrišče mokrišča "
        "barje močvirje mokradło mokradła bagno torfowisko mokřad mokřady rašeliniště palude "
        "torbiera pântano brejo mangue moeras veen våtmark"
    ),
    LandCover.WATER: (
        "water waters lake lakes river rivers sea ocean pond reservoir estuary estuaries lagoon "
        "lagoons wasser gewässer fluss flüsse see seen meer teich bach agua aguas lago laguna "
        "río rio embalse mar eau eaux lac rivière étang mer océan voda vode vodno vody jezero "
        "reka morje woda wody jezioro rzeka morze řeka rybník more acqua acque fiume mare água "
        "rios represa vatten vand vann víz tó su göl вода"
    ),
    LandCover.SCRUB: (
        "scrub shrub shrubs shrubland bush bushland heath heathland moors moorland savanna "
        "gebüsch gestrüpp strauch sträucher buschland heide matorral arbustos garrigue maquis "
        "broussailles arbustes lande landes grmičevje grmovje zaraščanje krzewy zarośla "
        "wrzosowisko křoviny cespugli macchia arbusti arbusto cerrado struiken bozkır"
    ),
    LandCover.TREES: (
        "tree trees forest forests wood woods woodland broadleaf broadleaved conifer coniferous "
        "deciduous evergreen wald wälder gehölz gehölze baum bäume forst bosque bosques árboles "
        "forêt forêts bois arbres gozd gozdovi gozdno drevesa las lasy drzewa les lesy stromy "
        "šuma bosco boschi foresta alberi floresta árvores bos skog skov erdő orman лес ліс"
    ),
    LandCover.BUILT_AREA: (
        "built buildings building urban residential settlement settlements artificial "
        "industrial commercial city town village road roads highway railway railways airport "
        "airports port houses siedlung bebaut bebauung gebäude stadt straße strasse verkehr "
        "gewerbe industrie versiegelt urbano urbana ciudad edificios carretera construido bâti "
        "ville urbain route pozidano pozidana naselje urbano mesto cesta zabudowa miasto droga "
        "zástavba město silnice edificato città strada cidade construída estrada bebouwd stad "
        "kent yol"
    ),
    LandCover.CROPS: (
        "crop crops cropland arable cultivated agriculture agricultural farmland maize corn "
        "wheat barley rye rapeseed rape soy soybean soybeans rice potato potatoes beet "
        "sunflower cotton vineyard vineyards orchard orchards cereal cereals fallow olive fruit "
        "acker äcker ackerland brache getreide mais weizen gerste roggen hafer raps rübe rüben "
        "kartoffel kartoffeln sonnenblume soja reis weinberg reben obst cultivo cultivos maíz "
        "trigo cebada arroz viñedo culture cultures maïs blé orge colza vigne verger njiva "
        "njive njivska koruza pšenica ječmen vinograd sadovnjak uprawy pole kukurydza pszenica "
        "jęczmień rzepak winnica sad orná kukuřice pšenice ječmen řepka vinice coltivi "
        "seminativi grano orzo riso vigneto frutteto lavoura milho akker åker mısır buğday "
        "tarla pirinç"
    ),
    LandCover.GRASS: (
        "grass grasses grassland grasslands meadow meadows pasture pastures herbaceous "
        "rangeland lawn steppe grünland wiese wiesen weide weiden rasen gras pasto pastos "
        "pastizal prado prados herbe prairie prairies pâturage pelouse travnik travniki pašnik "
        "travinje łąka łąki pastwisko trawa tráva louka louky pastvina prato prati pascolo erba "
        "pastagem capim gräs rét legelő çayır mera"
    ),
    LandCover.BARE_GROUND: (
        "bare bareland barren rock rocks sand sands soil gravel quarry mine dune dunes beach "
        "beaches desert fels felsen boden schutt kies steinbruch strand wüste suelo desnudo "
        "roca arena desierto rocher rochers sable désert nu golo skala skale pesek skała piasek "
        "skála písek nudo roccia sabbia solo exposto rocha areia kaya kum"
    ),
}
"""English, German, Spanish, French, Slovenian, Polish, Czech, Italian, Portuguese; a few more.
The order decides where a name has words of two: peat bog and flooded forest before the forest."""


@dataclass(frozen=True)
class Hues:
    """Colours of a meaning.

    Attributes:
        first: of its first class, sRGB.
        begins: of the hues of its further classes, degrees in Oklab.
        ends: likewise.
    """

    first: str
    begins: float
    ends: float


HUES: Mapping[LandCover, Hues] = {
    LandCover.WATER: Hues("#1F6FCC", 225, 268),
    LandCover.TREES: Hues("#007417", 135, 172),
    LandCover.GRASS: Hues("#B9F03C", 112, 140),
    LandCover.FLOODED_VEGETATION: Hues("#8B8BFF", 268, 320),
    LandCover.CROPS: Hues("#DDAE1E", 55, 110),
    LandCover.SCRUB: Hues("#A28B00", 95, 125),
    LandCover.BUILT_AREA: Hues("#D11717", 0, 40),
    LandCover.BARE_GROUND: Hues("#A28B74", 40, 80),
    LandCover.SNOW_ICE: Hues("#8BE8FF", 195, 225),
}
"""All first colours, and the greys of clouds and of all the rest, differ by at least 0.08 in
Oklab to every sight (``palette``)."""


def meaning_of(name: str) -> LandCover | None:
    """The land cover that a name speaks of; None: no word of it is known.

    ``Stillgewässer``, ``lake_small`` and ``Woda`` are water; the letters' accents may be missing.
    """
    words = _parts(name)
    whole = words if len(words) == 1 else [w for w in words if len(w) >= _SHORTEST_PART]
    for meaning, known in _KNOWN.items():
        if not known.isdisjoint(whole):
            return meaning
    for meaning, known in _KNOWN.items():
        parts = tuple(word for word in known if len(word) >= _SHORTEST_PART)
        if any(word.startswith(parts) or word.endswith(parts) for word in words):
            return meaning
    return None


def _parts(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", _plain(text))


def _plain(text: str) -> str:
    """Without accents: hurried people leave them out."""
    parts = unicodedata.normalize("NFD", spelling(text))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


_KNOWN = {
    meaning: frozenset(_plain(word) for word in words.split()) for meaning, words in _WORDS.items()
}
