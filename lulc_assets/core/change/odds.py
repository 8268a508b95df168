"""The scale of evidence: logarithms as whole numbers.

What belongs here: constants that settings, tables and loops share. What does not: anything that
loads numba: a project file is read without it.
"""

LOG_ONE = 256
"""Logarithms are stored in steps of 1/256: rounding each of 100 observations errs by less
than 0.2 in the sum, a fifth of what the weakest step of the ladder asks for."""

MOST_CLASSES = 15
"""Of land: a pixel's words have so many bits for classes. Larger legends have groups, and change
is looked for between these."""

RATIO_LIMIT = 20.0
"""No observation moves the odds by more: tables know rare letters badly, and a date may be
wrong in a way that no validation pixel showed (a missed cloud, a shifted image)."""
