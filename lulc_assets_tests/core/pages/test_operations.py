"""The operator's page: what each tile's state looks like, and where it leads."""

import re

import pytest

from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.pages.operations import (
    _RAMP,
    STATES,
    OperationsPage,
    PartitionState,
    _ink,
)
from lulc_assets.core.pages.rendering import render_operations_page

GRID = PixelGrid(32633, 499_980.0, 5_100_000.0, 1000, 1000)


def partition(tile="33TVM", grid=GRID, **known):
    given = {"year": 2023, "place": "", "state": "missing", **known}
    return PartitionState(tile=tile, grid=grid, **given)


def render(*partitions, **known):
    return render_operations_page(OperationsPage("Coast", partitions, **known))


def test_a_tile_has_the_colour_of_its_state_and_leads_to_its_page():
    html = render(
        partition(state="reported", accuracy=0.84, votes=12.0, href="33TVM_2023.html"),
        partition("33TWM", state="catalogued"),
    )
    assert '<a href="33TVM_2023.html" aria-label="33TVM: Map and report, accuracy 84.0' in html
    for state in ("reported", "catalogued"):
        assert f'fill="{STATES[state][1]}"' in html
    assert "1 of 2 tiles have a map and a report." in html
    assert "Dagster" not in html


def test_partitions_link_to_dagster_where_its_address_is_known():
    html = render(partition(), dagster="https://dagster.example.org/")
    link = (
        "https://dagster.example.org/assets/annual_map?view=partitions&amp;partition=33TVM%7C2023"
    )
    assert link in html


def test_names_and_addresses_from_outside_are_escaped_and_checked():
    html = render(partition(place="<script>alert('x')</script>"))
    assert "<script>alert" not in html
    with pytest.raises(InvalidPage):
        render(partition(), dagster="javascript:alert(1)//")


@pytest.mark.parametrize(
    ("left", "right"),
    [((32601, 300_000.0), (32660, 700_000.0)), ((32633, 500_000.0), (32634, 300_000.0))],
    ids=["over the antimeridian", "two zones"],
)
def test_tiles_stay_in_one_frame(left, right):
    grids = [PixelGrid(epsg, x, 5_100_000.0, 1000, 1000) for epsg, x in (left, right)]
    html = render(partition("01TCM", grids[0]), partition("60TXM", grids[1]))
    xs = [float(x) for ring in re.findall(r'points="([^"]+)"', html)
          for x in re.findall(r"(-?[\d.]+),", ring)]  # fmt: skip
    assert min(xs) >= -1.5
    assert max(xs) <= 301.5


def rings_of(html):
    return [
        [tuple(map(float, point.split(","))) for point in ring.split()]
        for ring in re.findall(r'points="([^"]+)"', html)
    ]


def test_a_tile_alone_does_not_fill_the_page_and_is_named():
    html = render(partition(state="reported"))
    xs = [x for ring in rings_of(html) for x, _ in ring]
    assert max(xs) - min(xs) == pytest.approx(100, abs=1)
    assert re.findall(r"<text [^>]+>(\w+)</text>", html) == ["33TVM"] * 5


def test_tiles_without_room_have_no_name_on_the_map():
    grids = [PixelGrid(32633, 400_000.0 + 12_000 * n, 5_100_000.0, 1000, 1000) for n in range(12)]
    html = render(*(partition(f"33TV{chr(65 + n)}", grid) for n, grid in enumerate(grids)))
    assert len(rings_of(html)) == 60 and "<text" not in html


@pytest.mark.parametrize("color", [color for _, color in STATES.values()] + list(_RAMP))
def test_a_name_can_be_read_on_every_colour(color):
    def light(name):
        parts = [int(name[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    one, two = sorted((light(color), light(_ink(color))))
    assert (two + 0.05) / (one + 0.05) >= 4.5


def test_age_and_cost_are_maps_and_columns():
    html = render(
        partition(state="mapped", newest="2023-06-30", cost=0.07),
        partition("33TWM", state="mapped", newest="2023-05-31", cost=12.345),
        partition("33TXM"),
    )
    assert re.findall(r'data-label="Behind">([^<]+)', html) == ["0 days", "30 days", "–"]
    assert re.findall(r'data-label="Cost">([^<]+)', html) == ["0.07", "12.3", "–"]
    fills = re.findall(r'fill="(#\w{6})"><title>', html)
    ages, costs = fills[9:12], fills[12:15]
    assert ages == [_RAMP[0], _RAMP[3], STATES["missing"][1]]
    assert costs == [_RAMP[0], _RAMP[3], STATES["missing"][1]]


def test_a_project_without_tiles_says_so():
    assert "No tile is registered yet." in render()
