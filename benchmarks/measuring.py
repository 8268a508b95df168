"""How a benchmark of the fast path measures, and what all of them print.

What belongs here: a process of its own for each part, wall time, peak memory, the options and
the four figures that they share. What does not: what is measured.
"""

import argparse
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HEADLINE = ("ratio_to_limit", "ratio_to_peer", "mpx_per_s", "peak_mb")
"""Figures that every benchmark prints, under these names."""

_STATUS = Path("/proc/self/status")


def alone(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Call a function in a fresh process; its result and the peak memory of that process, MB."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(_with_peak, function, arguments).result()


def _with_peak(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
    return function(*arguments), peak_mb()


def peak_mb() -> float:
    """Most memory that this process had so far, in 10⁶ bytes."""
    if _STATUS.exists():
        # Unlike getrusage, not the parent's: on Linux ``ru_maxrss`` survives fork and exec.
        (line,) = (one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_seconds(work: Callable[[], Any], repeats: int) -> float:
    """Shortest wall time of some calls, after one that warms up."""
    work()
    return min(seconds(work) for _ in range(repeats))


def need_peers(*modules: str) -> None:
    """End with what to do where a peer is not installed, before anything is measured."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"{', '.join(missing)} to compare with: not installed; "
            "pip install --constraint constraints.txt --editable '.[benchmarks]'"
        )


def options_of(doc: str | None, *, size_px: int) -> argparse.ArgumentParser:
    """A parser that explains the benchmark in its module's words, with the options of all."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", type=int, default=size_px, help=f"pixels a side, even (default: {size_px})"
    )
    parser.add_argument("--repeats", type=int, default=2, help="the best counts (default: 2)")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    return parser


def print_figures(
    found: dict[str, Any], describe: Callable[[dict[str, Any]], str], *, as_json: bool
) -> None:
    """Print what was found: one JSON object in one line, or the words of ``describe``.

    Raises:
        ValueError: a figure of :data:`HEADLINE` is missing.
    """
    missing = [name for name in HEADLINE if name not in found]
    if missing:
        raise ValueError(f"the benchmark does not say {', '.join(missing)}")
    print(json.dumps(found) if as_json else describe(found))


def describe_update(found: Mapping[str, Any], told: Mapping[str, str], width: int) -> str:
    """What one more scene costs, for people.

    Args:
        found: scenes, size_px, threads, seconds by part, and the figures of ``told``.
        told: name of a figure → its words, in the order of the lines.
        width: of the column of words.
    """
    lines = [
        f"one scene after {found['scenes']}, {found['size_px']}² pixels, {found['threads']} threads"
    ]
    lines += [f"  {name:<{width}}{value:9.2f} s" for name, value in found["seconds"].items()]
    lines += [f"  {words:<{width}}{found[name]:9.2f}" for name, words in told.items()]
    return "\n".join(lines)


def consensus_options_of(
    doc: str | None, *, size_px: int, scenes: int, scenes_help: str
) -> argparse.ArgumentParser:
    """The same with the options of the benchmarks of votes: scenes and threads."""
    parser = options_of(doc, size_px=size_px)
    parser.add_argument(
        "--scenes", type=int, default=scenes, help=f"{scenes_help} (default: {scenes})"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser
