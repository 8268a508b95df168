"""Named policies: where work runs, how often it is tried, what loses cleanly.

What belongs here: owners, tags, pools, retries and the one way from a commit record to an event.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from lulc_assets.core.errors import CommitConflict, LulcError
from lulc_assets.core.store.records import Record
from lulc_assets.defs.pictures import picture_metadata
from lulc_assets.steps.making import Place

OWNERS = ["team:mapping"]
"""Whom the UI names to ask about an asset."""

GPU_POOL = "gpu"
"""Training and prediction share it; its limit is in the instance (``dagster.yaml``)."""

METRICS_POOL = "metrics"
"""One writer of the metrics database at a time."""

GPU_TAGS: Mapping[str, Any] = {
    "lulc/accelerator": "gpu",
    # Read by the Kubernetes executor only.
    "dagster-k8s/config": {
        "container_config": {"resources": {"limits": {"nvidia.com/gpu": "1"}}},
    },
}
"""On the op, not on the job: job tags are lost when an asset is launched directly."""

PREDICT_RETRIES = dg.RetryPolicy(
    max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""Against a lost GPU or a full machine. A bad scene is no exception (see predictions)."""

_NOT_SHOWN = frozenset({"layers", "dates", "acquisitions"})


def emit(
    context: dg.AssetExecutionContext, place: Place, make: Callable[[], Record | None]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Make a product and report it; a run that lost the race ends without an event.

    Raises:
        dagster.Failure: bad input; trying again without a change would not help.
    """
    record = attempt(context.log.warning, make)
    if record is not None:
        yield dg.MaterializeResult(
            metadata=metadata_of(place, record), data_version=dg.DataVersion(record.digest)
        )


def attempt(warn: Callable[[str], None], make: Callable[[], Record | None]) -> Record | None:
    """The product, or None for a run that lost the race to commit it."""
    with named_failures():
        try:
            return make()
        except CommitConflict as error:
            warn(f"another run committed first, this one leaves no product: {error}")
            return None


@contextmanager
def named_failures() -> Iterator[None]:
    """Errors of the domain end the step with their name; trying again would not help."""
    try:
        yield
    except LulcError as error:
        raise dg.Failure(
            description=f"{type(error).__name__}: {error}", allow_retries=False
        ) from error


def metadata_of(place: Place, record: Record) -> dict[str, dg.MetadataValue[Any]]:
    """What people look at: pictures first, then the figures, then where the files are."""
    shown = picture_metadata(
        {
            name: place.open(record, name).read_bytes()
            for name in record.files
            if name.endswith(".png")
        }
    )
    figures = {k: v for k, v in record.properties.items() if k not in _NOT_SHOWN and v is not None}
    # Lists of scenes and tables would push the figures off the first screen.
    for name in sorted(figures, key=lambda k: isinstance(figures[k], list | dict)):
        shown[name] = _value_of(figures[name])
    shown["record"] = dg.MetadataValue.text(record.digest)
    shown["files"] = dg.MetadataValue.json({n: f.key for n, f in record.files.items()})
    return shown


def _value_of(value: Any) -> dg.MetadataValue[Any]:
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, float):
        return dg.MetadataValue.float(value)
    if isinstance(value, str):
        return dg.MetadataValue.text(value)
    return dg.MetadataValue.json(value)
