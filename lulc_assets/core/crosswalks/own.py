"""Crosswalks into other legends than the default one.

What belongs here: the translation of a legend's own classes, of the vocabulary that it comes
from, and of a vocabulary that leads to Karra's classes where a legend has some of these. What
does not: tables (``world``, ``europe``).
"""

from lulc_assets.core.crosswalks.crosswalk import Crosswalk, CrosswalkEntry, Relation
from lulc_assets.core.crosswalks.europe import CORINE, CORINE_RASTER, CORINE_RASTER_CODES
from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend


def own_crosswalk(legend: Legend) -> Crosswalk:
    """The identity: labels whose classes are the legend.

    A class goes by its name, its title, and its code: in the vocabulary that the legend comes
    from, else in the legend, unless names are numbers themselves. A group's name alone does not
    say which of its classes it is, and is left unlabelled.
    """
    entries = [CrosswalkEntry(c.name, c.title, c.code, "exact") for c in legend.classes]
    entries += [CrosswalkEntry(g.name, g.title, 0, "broader") for g in legend.groups]
    known = {entry.source for entry in entries}
    codes = {c.source: c for c in legend.classes if c.source}
    if not codes and not any(name.isdecimal() for name in known):
        codes = {str(c.code): c for c in legend.classes}
    if codes and "0" not in codes:
        entries.append(CrosswalkEntry("0", "no data", 0, "none"))
    entries += [
        CrosswalkEntry(code, c.title, c.code, "exact")
        for code, c in codes.items()
        if code not in known
    ]
    return Crosswalk(
        name=legend.name,
        source_vocabulary=f"the classes of legend {legend.name}, by name, title or code",
        citation="the legend itself",
        entries=tuple(entries),
    )


def into_legend(crosswalk: Crosswalk, legend: Legend) -> Crosswalk:
    """A crosswalk of the package, which leads to Karra's classes, for another legend.

    Where the legend comes from the crosswalk's own vocabulary, its codes stay what they are; a
    deeper code of CORINE goes to the class that holds it. Else a foreign class goes where its
    class of Karra has a namesake in the legend, and nowhere otherwise.

    Raises:
        UnknownClass: the legend has nothing in common with either.
    """
    sources = {c.source: c.code for c in legend.classes if c.source}
    if sources and set(sources) <= _codes_of(crosswalk):
        entries = tuple(_by_code(entry, crosswalk, sources) for entry in crosswalk.entries)
    else:
        entries = tuple(_by_name(entry, legend) for entry in crosswalk.entries)
    if not any(entry.target for entry in entries):
        raise UnknownClass(
            f"crosswalk {crosswalk.name} leads to none of the classes of legend {legend.name} "
            f"({', '.join(legend.names)}); labels of these classes need no crosswalk, for others "
            "write one as a CSV file"
        )
    return Crosswalk(
        f"{crosswalk.name} to {legend.name}",
        crosswalk.source_vocabulary,
        crosswalk.citation,
        entries,
    )


def _codes_of(crosswalk: Crosswalk) -> set[str]:
    found = {entry.source for entry in crosswalk.entries}
    return found | {e.source for e in CORINE.entries} if crosswalk is CORINE_RASTER else found


def _by_code(
    entry: CrosswalkEntry, crosswalk: Crosswalk, sources: dict[str, int]
) -> CrosswalkEntry:
    code = entry.source
    if crosswalk is CORINE_RASTER:
        code = CORINE_RASTER_CODES.get(code, "")
    holders = [source for source in sources if code == source]
    if crosswalk in (CORINE, CORINE_RASTER):
        holders = [source for source in sources if code.startswith(source)]
    if not holders:
        return CrosswalkEntry(entry.source, entry.title, 0, "none")
    holder = max(holders, key=len)
    relation: Relation = "exact" if holder == code else "narrower"
    return CrosswalkEntry(entry.source, entry.title, sources[holder], relation)


def _by_name(entry: CrosswalkEntry, legend: Legend) -> CrosswalkEntry:
    name = KARRA_10.by_code(entry.target).name if entry.target else ""
    if name not in legend.names:
        return CrosswalkEntry(entry.source, entry.title, 0, "none")
    return CrosswalkEntry(entry.source, entry.title, legend.code_of(name), entry.relation)
