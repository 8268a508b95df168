"""Kill a writer at every step of publishing, thousands of times, and look at what stands.

    python -m benchmarks.killed_store [--folder 2000] [--bucket 1500] [--servers 60] [--json]
    python -m benchmarks.killed_store --store s3://bucket/prefix --folder 0 --servers 0

Step by step from the first to the last and again: before and after each write (also within it),
fsync, rename and request. After each kill the old or the new product must stand whole, and the
next writer must succeed. ``--folder`` trials are in a folder, ``--bucket`` ones on an S3 service
that is started here (SeaweedFS, extra ``services``), or on that of ``--store``, which is reached as
any other (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). ``--servers`` times the
service itself is killed while a writer is at work, and started again: what was acknowledged must
stand. Progress goes to stderr; ends with an error at the first half or lost product.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

# Loaded here, so that the writers that are forked find them; otherwise where S3 is used.
import boto3.session  # noqa: F401
import obstore.auth.boto3
import obstore.exceptions
import obstore.store  # noqa: F401

from benchmarks.killed_store.runs import Counted, kill_servers, kill_writers
from benchmarks.killed_store.server import BUCKET, S3Server
from benchmarks.killed_store.trials import forked
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.s3 import S3Store


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=int, default=2000, help="trials")
    parser.add_argument("--bucket", type=int, default=1500, help="trials")
    parser.add_argument("--servers", type=int, default=60, help="kills of the service")
    parser.add_argument("--store", default="", help="s3://bucket/prefix of a service that runs")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.store and asked.servers:
        parser.error("--store names a service that is not ours to kill: give --servers 0")
    with tempfile.TemporaryDirectory(prefix="lulc-killed-") as name:
        found = run(Path(name), asked.folder, asked.bucket, asked.servers, asked.store)
    if asked.json:
        print(json.dumps({name: asdict(counted) for name, counted in found.items()}, indent=2))
        return
    for name, counted in found.items():
        print(f"{name}: " + ", ".join(f"{k} {v}" for k, v in asdict(counted).items() if k != "at"))
        print("  " + ", ".join(f"{step} {times}" for step, times in counted.at.most_common()))


def run(folder: Path, in_folder: int, in_bucket: int, servers: int, url: str) -> dict[str, Counted]:
    """All trials that were asked for."""
    found = {}
    if in_folder:
        found["folder"] = kill_writers(
            lambda: LocalStore(folder / "store"), folder / "local", in_folder, large=False
        )
    if url and in_bucket:
        found["bucket"] = kill_writers(
            lambda: S3Store(url, folder / "cache"), folder / "s3", in_bucket, large=True
        )
    elif in_bucket or servers:
        server = S3Server(folder / "served")
        server.launch()
        try:
            forked(server.wait)
            if in_bucket:
                found["bucket"] = kill_writers(
                    lambda: S3Store(f"s3://{BUCKET}/w", folder / "cache", server.access()),
                    folder / "s3", in_bucket, large=True,
                )  # fmt: skip
            if servers:
                found["servers"] = kill_servers(server, folder / "servers", servers)
        finally:
            server.stop()
    return found


if __name__ == "__main__":
    main()
