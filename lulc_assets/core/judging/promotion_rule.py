"""The numbers of the promotion rule, and what models are judged by.

What belongs here: settings and words. What does not: the decision (``promotion``).
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class PromotionSettings:
    """The rule's numbers.

    Attributes:
        min_overall: agreement on the gold windows that any model must reach, 0–1. 0.6 is
            far above chance in ten classes (0.1) and below the 0.85 that Karra et al.
            2021 report on their gold set: it stops broken models, not modest ones.
        margin: how much worse than the promoted model a candidate might at most be, 0–1, as
            far as the gold windows can tell: the low end of the 95 % interval of the
            difference must lie above −margin (a test of non-inferiority). 0.03: about the ±
            of a map's overall accuracy from a sample of 800 units, so that no report would
            show the loss. Few windows have wide intervals and promote little by themselves.
        min_class_recall: of the gold pixels of each taught class, the share that the model must
            draw as that class, 0–1. 0.1 is what chance gives in ten classes: with less a model is
            blind to the class. It then leaves it out of its maps, unless the promoted model
            knows it: giving up a class is refused. 0: classes are not looked at.
        class_margin: how much lower the F1 of a class may be than that of the promoted model,
            0–1. Wide, since a class has no interval here: few windows show it.
        min_class_pixels: labelled ground of gold, in pixels, from which on a class is looked at;
            with less, one polygon decides. Each place counts once, however many dates show it.
    """

    min_overall: float = 0.6
    margin: float = 0.03
    min_class_recall: float = 0.1
    class_margin: float = 0.25
    min_class_pixels: int = 100

    def to_dict(self) -> dict[str, float | int]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Evidence:
    """What models are judged by, in words.

    Attributes:
        units: what is counted.
        groups: what stands and falls together, the units of intervals.
        section: of the project file that has the rule.
        leaves_out: whether a model may be used without a class that it is blind to.
    """

    units: str
    groups: str
    section: str
    leaves_out: bool = True


GOLD_PIXELS = Evidence("gold pixels", "windows", "promotion")
TEST_PATCHES = Evidence("test patches", "groups", "patches.promotion", leaves_out=False)
