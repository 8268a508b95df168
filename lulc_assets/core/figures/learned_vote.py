"""What a learned vote gains, class by class, on gold windows.

What belongs here: that figure. What does not: the comparison (``core/compositing``).
"""

from lulc_assets.core.compositing.vote_head_judge import VoteVerdict
from lulc_assets.core.figures.style import ACCENT, CONTRAST, MUTED, drawing, encode_figure
from lulc_assets.core.legend import Legend

_ROW_IN = 0.42
_FRAME_IN = 1.5


def class_gains_figure(verdict: VoteVerdict, legend: Legend) -> bytes:
    """F1 of each class under the plain and the learned vote, and what helped it.

    Args:
        verdict: on gold windows.
        legend: of the classes; those without a gold pixel are left out.

    Returns:
        PNG bytes.
    """
    rows = [
        (land.title, gain)
        for land in legend.land
        if (gain := verdict.classes[land.name]).gold_pixels and gain.learned_f1 is not None
    ][::-1]
    with drawing(_FRAME_IN + _ROW_IN * max(len(rows), 1)) as figure:
        word = "promoted" if verdict.promote else "refused"
        figure.suptitle(
            f"Learned vote on gold windows: {word}",
            fontsize=10, fontweight="bold", x=0.02, ha="left",
        )  # fmt: skip
        axes = figure.subplots()
        for height, (_, gain) in enumerate(rows):
            plain, learned = gain.plain_f1 or 0.0, gain.learned_f1 or 0.0
            color = ACCENT if learned >= plain else CONTRAST
            axes.plot([plain, learned], [height, height], color=color, linewidth=2, zorder=2)
            axes.scatter(plain, height, s=28, facecolor="white", edgecolor=MUTED, zorder=3)
            axes.scatter(learned, height, s=28, color=color, zorder=4)
            if gain.helped_by:
                axes.text(0.0, height - 0.42, f"by {gain.helped_by[0]}",
                          fontsize=8.5, color=MUTED, va="center")  # fmt: skip
        axes.set_yticks(
            range(len(rows)), [f"{title}\n{gain.gold_pixels:,} px" for title, gain in rows]
        )
        axes.set(xlim=(0, 1.02), ylim=(-0.75, max(len(rows), 1) - 0.4))
        axes.set_xlabel("F1 on gold pixels: ○ plain vote, ● learned vote")
        axes.grid(axis="x")
        return encode_figure(figure)
