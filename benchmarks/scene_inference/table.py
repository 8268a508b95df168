"""What ``scene_inference`` measured, beside its targets and on the scale of a global year.

What belongs here: targets, extrapolation, the table. What does not: measuring.
"""

from typing import Any

from lulc_assets.core.model.hardware import Device

TARGET_OF_LIMIT, TARGET_OF_PEER, TARGET_PEAK_MB = 0.85, 9.0, 3000
TARGET_EQUAL, TARGET_LOSS_POINTS = 0.995, 0.2
TILE_MPX, TILES, SCENES = 10_980**2 / 1e6, 20_000, 20
KARRA_CORE_HOURS = 1.2e6


def global_year(mpx_per_s: float, cores: int, device: Device) -> dict[str, float]:
    """All land in a year at the measured speed: core-hours, of a GPU its own hours."""
    hours = TILES * SCENES * TILE_MPX / mpx_per_s / 3600
    if device == "cuda":
        return {"gpu_hours": hours, "scenes_per_hour": TILES * SCENES / hours}
    return {"core_hours": hours * cores, "of_karra": hours * cores / KARRA_CORE_HOURS}


def table(result: dict[str, Any]) -> str:
    """All rows, as text."""
    run, limit = result["ours"], result["limit_s"]
    lines = [
        f"{result['size_px']}² px, U-Net {result['network']}, {run['engine']} {run['precision']} "
        f"({run['capability']}), {result['cores']} cores",
        f"windows {run['window_px']} with halo {run['halo_px']} px: {run['blocks']} blocks, "
        f"{run['useful_share']:.0%} useful; ready after {run['ready_s']:.1f} s",
        f"ours   {run['seconds']:8.2f} s  {result['mpx_per_s']:6.2f} Mpx/s  "
        f"peak {result['peak_mb']:.0f} MB (at most {TARGET_PEAK_MB})",
        *(f"  {name:22} {seconds:8.2f} s" for name, seconds in limit.items()),
        f"of the limit {result['ratio_to_limit']:.2f} (at least {TARGET_OF_LIMIT})",
    ]
    for name, seconds in result.get("peer_s", {}).items():
        lines.append(
            f"chips in torch, {name} {seconds:8.2f} s  {seconds / run['seconds']:.1f} × ours"
        )
    if result["ratio_to_peer"] is not None:
        lines.append(f"times the peer {result['ratio_to_peer']:.1f} (at least {TARGET_OF_PEER})")
    for size, found in result.get("growth", {}).items():
        lines.append(f"{size}²: {found['mpx_per_s']:.2f} Mpx/s, peak {found['peak_mb']:.0f} MB")
    if cost := result.get("precision_cost"):
        lines.append(
            f"{cost['precision']} against torch fp32: {cost['equal_classes']:.3%} equal classes "
            f"(at least {TARGET_EQUAL:.1%}), {cost['loss_points']:+.2f} points of gold agreement "
            f"lost (at most {TARGET_LOSS_POINTS})"
        )
    year, what = result["global_year"], f"global year, {TILES} tiles × {SCENES} scenes: "
    if "gpu_hours" in year:
        what += (
            f"{year['gpu_hours']:,.0f} GPU-hours at {year['scenes_per_hour']:.0f} scenes/h, instead"
        )
    else:
        what += f"{year['core_hours']:,.0f} core-hours, {year['of_karra']:.1%}"
    return "\n".join([*lines, f"{what} of Karra et al.'s 1.2 million core-hours"])
