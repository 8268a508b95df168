"""What HTTP costs a model: requests a second of 512 px windows, against the engine alone.

Run: ``python -m benchmarks.serving --bundle FOLDER [--requests 60] [--minutes 0] [--json]``.

``lulc serve`` runs as a process of its own on loopback. Printed: windows a second of the engine
alone and through the service, with as many clients as may wait and work (their ratio should be 0.7
at least), the 95th percentile of the answer, memory of the service at the start and at the end;
what 4 × as many clients get: 200 with the same pixels, or 429. ``--minutes 10`` asks on for so
long and notes the resident memory of the service, minute by minute. Bounded in requests, time and
place: nothing but 127.0.0.1 is asked.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 512
CLIENTS = 2
AIM = 0.7
HEAD = {"Content-Type": "image/tiff"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    found = measure(wanted.bundle, wanted.requests, 60 * min(wanted.minutes, 15.0))
    if wanted.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


def measure(bundle: Path, requests: int, seconds: float) -> dict[str, Any]:
    """All figures."""
    dn = make_window(bundle)
    body = as_tiff(dn)
    alone = engine_alone(bundle, dn, requests)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = "from lulc_assets.cli import app; app()"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, "serve", str(bundle), "--port", str(port),
         "--waiting", str(2 * CLIENTS)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        expected = ask(url, body)[1]
        started_mb = memory_mb(process.pid)
        served, times = served_speed(url, body, requests)
        statuses, wrong = overload(url, body, 4 * (2 * CLIENTS + 1), expected)
        curve, asked = memory_over_time(url, body, process.pid, seconds)
        ended_mb = memory_mb(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    return {
        "engine_windows_per_s": round(alone, 2),
        "served_windows_per_s": round(served, 2),
        "ratio": round(served / alone, 3), "aim": AIM,
        "p95_s": round(float(np.percentile(times, 95)), 3),
        "memory_mb": [round(started_mb), round(ended_mb)],
        "memory_by_minute_mb": curve, "requests_meanwhile": asked,
        "overload": dict(statuses), "wrong_answers": wrong,
    }  # fmt: skip


def make_window(bundle: Path) -> Any:
    """A window of smooth noise with the bundle's bands, uint16 (bands, 512, 512)."""
    bands = len(json.loads((bundle / "bundle.json").read_bytes())["bands"])
    rng = np.random.default_rng(0)
    coarse = rng.integers(200, 4000, (bands, SIDE // 16, SIDE // 16))
    return (np.kron(coarse, np.ones((16, 16))) + rng.integers(0, 90, (bands, SIDE, SIDE))).astype(
        np.uint16
    )


def as_tiff(dn: Any) -> bytes:
    """The window as a GeoTIFF."""
    import rasterio
    from affine import Affine

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "window.tif"
        with rasterio.open(
            path, "w", driver="GTiff", count=len(dn), height=SIDE, width=SIDE, dtype="uint16",
            crs="EPSG:32633", transform=Affine(10, 0, 5e5, 0, -10, 5e6), tiled=True,
        ) as target:  # fmt: skip
            target.write(dn)
        return path.read_bytes()


def engine_alone(bundle: Path, dn: Any, count: int) -> float:
    """Windows a second of the engine that the service would choose, from memory."""
    from lulc_assets.core.inference.choose import choose_engine
    from lulc_assets.core.inference.settings import InferenceSettings
    from lulc_assets.core.model.bundle import Bundle

    predictor = choose_engine(Bundle.load(bundle, None), InferenceSettings())
    predictor.prepare((SIDE, SIDE), 1)
    predictor.predict(dn, 0.0, 1e-4, "warming up")
    started = time.perf_counter()
    for _ in range(count):
        predictor.predict(dn, 0.0, 1e-4, "window")
    return count / (time.perf_counter() - started)


def ask(url: str, body: bytes) -> tuple[int, Any]:
    """Status, and the pixels of each class."""
    import requests

    answer = requests.post(f"{url}/predictions", data=body, headers=HEAD, timeout=120)
    return answer.status_code, answer.json().get("pixels")


def served_speed(url: str, body: bytes, count: int) -> tuple[float, list[float]]:
    """Windows a second through the service, and seconds of each request."""

    def one(_: int) -> float:
        started = time.perf_counter()
        ask(url, body)
        return time.perf_counter() - started

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        times = list(pool.map(one, range(count)))
    return count / (time.perf_counter() - started), times


def overload(url: str, body: bytes, clients: int, expected: Any) -> tuple[Counter[str], int]:
    """Answers by status when too many ask at once, and how many were wrong."""
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(lambda _: ask(url, body), range(clients)))
    wrong = sum(status == 200 and pixels != expected for status, pixels in found)
    return Counter(str(status) for status, _ in found), wrong


def memory_over_time(url: str, body: bytes, pid: int, seconds: float) -> tuple[list[int], int]:
    """Resident memory at the start of each minute of steady requests, and how many these were."""
    begun, curve, asked = time.monotonic(), list[int](), 0
    while (passed := time.monotonic() - begun) < seconds:
        if passed >= 60 * len(curve):
            curve.append(round(memory_mb(pid)))
        served_speed(url, body, 2 * CLIENTS)
        asked += 2 * CLIENTS
    return curve, asked


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Until the service is ready, a minute or two at most."""
    import requests

    for _ in range(1200):
        try:
            if requests.get(f"{url}/ready", timeout=5).ok:
                return
        except requests.ConnectionError:
            if process.poll() is not None:
                sys.exit("the service ended by itself")
            time.sleep(0.1)
    sys.exit("the service does not get ready")


def memory_mb(pid: int) -> float:
    """Resident memory of a process, 10⁶ bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
