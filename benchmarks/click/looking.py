"""Looking at a site in a browser: the first map, clicks, pans, and the bytes that move.

What belongs here: what a person does, and when the page has answered. What does not: making the
site (``site``).
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests

SIZE = {"width": 1280, "height": 800}
_NOTE_TIMES = """
performance.setResourceTimingBufferSize(100_000);
new MutationObserver(() => {
    if (document.documentElement.dataset.ready) window.readyAt ??= performance.now();
}).observe(document, {attributes: true, subtree: true, childList: true});
document.addEventListener('DOMContentLoaded', () => {
    addEventListener('pointerup', () => { window.pressedAt = performance.now(); }, true);
    const answered = () => { window.answeredAt = performance.now(); };
    new MutationObserver(() => requestAnimationFrame(answered)).observe(
        document.getElementById('pixel'), {attributeFilter: ['data-milliseconds']});
});
"""


_MOVED = """[...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource')]
    .reduce((sum, entry) => sum + (entry.transferSize ? entry.encodedBodySize : 0), 0)"""
_RAW = """async (ranges) => {
    const began = performance.now();
    await Promise.all(ranges.map(async ([href, from, to]) => {
        const headers = {Range: `bytes=${from}-${to}`};
        const answer = await fetch(href, {headers, cache: 'no-store'});
        return (await answer.arrayBuffer()).byteLength;
    }));
    return (performance.now() - began) / 1000;
}"""
_ANSWERED = """new Promise((resolve) => {
    const look = () => (answeredAt > 0 ? resolve() : setTimeout(look, 10));
    look();
})"""


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """``lulc pages serve`` in a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = "from lulc_assets.cli import app; app()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "pages", "serve", str(site), "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit("lulc pages serve ended at once")
            try:
                requests.get(f"{address}/map.html", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium of the system."""
    from playwright.sync_api import sync_playwright  # an extra

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page that was opened without anything in its cache."""

    def __init__(self, browser: Any, address: str, view: str = "") -> None:
        self._context = browser.new_context(viewport=SIZE)
        self.page = self._context.new_page()
        self.page.add_init_script(_NOTE_TIMES)
        self._devtools = self._context.new_cdp_session(self.page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.page.goto(f"{address}/map.html{view}")
        self.page.wait_for_selector("html[data-ready]", timeout=120_000)
        self.first_map_s: float = self.page.evaluate("readyAt") / 1000
        self.first_map_bytes = self.moved
        self.first_map_busy_s = self.busy_s

    @property
    def moved(self) -> int:
        """Bytes of all answers so far, as they were sent."""
        found: int = self.page.evaluate(_MOVED)
        return found

    @property
    def busy_s(self) -> float:
        """Seconds of a processor that the page's thread has used; other work does not count."""
        found = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))

    def fetch_ranges(self, ranges: list[tuple[str, int, int]]) -> float:
        """Seconds of plain requests (address, first and last byte), all at once."""
        taken: float = self.page.evaluate(_RAW, ranges)
        return taken

    def wait_for_headers(self) -> None:
        """Until the page has read where the votes lie, which it does when idle."""
        self.page.wait_for_selector("html[data-opened]", timeout=120_000)

    def click(self, right: float, down: float) -> float:
        """Click at a share of the map; seconds from letting go to the votes on the screen."""
        box = self.page.locator("#map").bounding_box()
        self.page.evaluate("answeredAt = 0")
        self.page.mouse.click(box["x"] + right * box["width"], box["y"] + down * box["height"])
        self.page.evaluate(_ANSWERED)
        if not self.page.locator("#pixel .check:not(.wrong)").count():
            raise SystemExit("the votes counted in the page are not those of the map")
        found: float = self.page.evaluate("answeredAt - pressedAt") / 1000
        return found

    def pan(self, key: str) -> float:
        """Move the map by a key; seconds until everything in view is drawn."""
        began = time.perf_counter()
        self.page.locator("#map").press(key)
        self.page.evaluate("lulc.settled()")
        return time.perf_counter() - began

    def close(self) -> None:
        """Leave."""
        self._context.close()


def figures(values: list[float], digits: int = 3) -> dict[str, float]:
    """Median, 95th percentile and worst."""
    return {
        "median": round(float(np.median(values)), digits),
        "p95": round(float(np.percentile(values, 95)), digits),
        "worst": round(max(values), digits),
    }
