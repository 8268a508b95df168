"""What making products took, as tables for SQL: one row per training, one per product made.

What belongs here: the schemas. What does not: where trainings and durations are remembered
(``steps/model_history``, ``defs/durations``).
"""

import pandera.pandas as pa


def _digest(*, required: bool = True) -> pa.Column:
    return pa.Column(str, pa.Check.str_length(min_value=1)) if required else pa.Column(str)


def _whole(least: int = 0) -> pa.Column:
    return pa.Column("int64", pa.Check.ge(least))


def _share(*, nullable: bool = False) -> pa.Column:
    return pa.Column("float64", pa.Check.in_range(0, 1), nullable=nullable)


VERDICTS_OF_MODELS = ("promoted", "refused", "not judged")

TRAINING_SCHEMA = pa.DataFrameSchema(
    {
        "training": _whole(1),
        "candidate_digest": _digest(),
        "epochs": _whole(1),
        "best_epoch": _whole(1),
        "training_chips": _whole(),
        "validation_chips": _whole(),
        "validation_accuracy": _share(nullable=True),
        "calibration_error_before": _share(),
        "calibration_error_after": _share(),
        "classes_taught": _whole(1),
        "verdict": pa.Column(str, pa.Check.isin(VERDICTS_OF_MODELS)),
        "reason": pa.Column(str),
        "gold_agreement": _share(nullable=True),
        "gold_pixels": pa.Column("float64", pa.Check.ge(0), nullable=True),
        "gold_windows": pa.Column("float64", pa.Check.ge(0), nullable=True),
        "in_use": pa.Column("bool"),
        "bundle_digest": _digest(required=False),
        "settings": _digest(),
    },
    checks=[pa.Check(lambda df: df["best_epoch"] <= df["epochs"], name="best_epoch_was_trained")],
    unique=["candidate_digest"],
    strict=True,
    ordered=True,
    name="training table",
)
"""One row per candidate that was ever trained, oldest first; what does not apply is empty or null.
``settings`` is JSON."""

DURATION_SCHEMA = pa.DataFrameSchema(
    {
        "asset": _digest(),
        "key": pa.Column(str),
        "year": pa.Column("float64", pa.Check.ge(2015), nullable=True),
        "made_at": pa.Column(str, pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")),
        "seconds": pa.Column("float64", pa.Check.ge(0)),
        "cost": pa.Column("float64", pa.Check.ge(0), nullable=True),
        "currency": pa.Column(str),
        "digest": _digest(),
        "run_id": _digest(required=False),
    },
    checks=[
        pa.Check(lambda df: df["cost"].isna() == (df["currency"] == ""), name="cost_has_a_currency")
    ],
    strict=True,
    ordered=True,
    name="duration table",
)
"""One row per product that was made; ``key`` is a tile or a region, empty where there is one
product only, and ``run_id`` where something else than a run told the instance."""
