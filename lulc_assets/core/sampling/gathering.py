"""From the answers of several interpreters to one reference sample.

What belongs here: agreeing on classes, then on the drivers of what was lost, and the list of what
is to be settled. What does not: how interpreters are compared (``interpreters.py``) and their files
(``interpreter_files.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from lulc_assets.core.legend import Legend
from lulc_assets.core.sampling.answers import DRIVER_COLUMN, refuse_kept
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.sampling.interpreter_files import Answers
from lulc_assets.core.sampling.interpreters import Consensus, agree, complete_sample
from lulc_assets.core.sampling.response import ResponseDesign
from lulc_assets.core.sampling.sample import ReferenceSample

_CLASS_COLUMN = "reference_class"


@dataclass(frozen=True)
class Gathered:
    """What all interpreters said together.

    Attributes:
        sample: with the agreed answers.
        classes: how the interpreters agree on classes.
        drivers: on drivers, of units that were lost; None where nobody was asked or answered.
        disputed: what is to be settled: unit_id, the interpreters' answers, and the columns
            ``reference_class`` and ``driver``, filled in where they agree.
    """

    sample: ReferenceSample
    classes: Consensus
    drivers: Consensus | None
    disputed: pd.DataFrame


def gather(
    answers: Mapping[str, Answers],
    key: SealedKey,
    legend: Legend,
    *,
    settled: Answers | None = None,
    majority: bool = False,
) -> Gathered:
    """Make one reference sample of several interpreters' answers.

    Args:
        answers: interpreter → answers.
        key: of the sample.
        legend: of the classes.
        settled: answers that a second look decided; they win over all others.
        majority: accept what more than half of the votes name.

    Raises:
        InvalidSample: no interpreter, a response design of another legend, or an interpreter who
            names the driver of a loss and the class that was lost.
    """
    names = {c.code: c.name for c in legend.classes}
    response = key.design.response
    if response is not None:
        response.check_classes([c.name for c in legend.land], f"{key.folder}, response design")
        for who, said in {**answers, **({"settled": settled} if settled else {})}.items():
            refuse_kept(said.classes, said.drivers, response, legend, who)
    classes = agree(
        {who: said.classes for who, said in answers.items()},
        key,
        settled=None if settled is None else settled.classes,
        majority=majority,
        names=names,
    )
    drivers = None
    if response is not None:
        drivers = _agree_on_drivers(answers, key, response, settled, majority)
    if drivers is not None and response is not None:
        lost = (classes.codes > 0) & (classes.codes != legend.code_of(response.drivers_of))
        open_cases = drivers.disputed[drivers.disputed["unit_id"].map(lost)]
        drivers = replace(drivers, codes=drivers.codes.where(lost, 0), disputed=open_cases)
    return Gathered(
        complete_sample(key, classes.codes, None if drivers is None else drivers.codes),
        classes,
        drivers,
        _to_settle(classes, drivers, names, response),
    )


def _agree_on_drivers(
    answers: Mapping[str, Answers],
    key: SealedKey,
    response: ResponseDesign,
    settled: Answers | None,
    majority: bool,
) -> Consensus | None:
    said = {who: one.drivers for who, one in answers.items() if one.drivers is not None}
    if not said:
        return None
    return agree(
        said,
        key,
        settled=None if settled is None else settled.drivers,
        majority=majority,
        names=dict(enumerate(response.drivers, start=1)),
    )


def _to_settle(
    classes: Consensus,
    drivers: Consensus | None,
    names: Mapping[int, str],
    response: ResponseDesign | None,
) -> pd.DataFrame:
    table = classes.disputed
    if drivers is None or response is None:
        return table.assign(**{_CLASS_COLUMN: ""})
    open_drivers = drivers.disputed.rename(
        columns={c: f"{c} {DRIVER_COLUMN}" for c in drivers.disputed.columns if c != "unit_id"}
    )
    both = table.merge(open_drivers, on="unit_id", how="outer").fillna("")
    agreed = both["unit_id"].map(classes.codes).map({0: ""} | dict(names))
    why = both["unit_id"].map(drivers.codes).map(dict(enumerate(("", *response.drivers))))
    return both.assign(**{_CLASS_COLUMN: agreed, DRIVER_COLUMN: why})
