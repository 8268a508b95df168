import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.figures.quicklook import class_thumbnail, encode_jpeg
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.pages.content import (
    IndexPage,
    Link,
    MapCard,
    PageFigure,
    RegionCard,
    RegionPage,
    SceneRow,
    TilePage,
)
from lulc_assets.core.pages.rendering import render_index, render_region_page, render_tile_page
from lulc_assets_tests.core.pages.sample_data import make_class_map, make_grid, make_report

CODES = make_class_map(30)
RGB = np.full((30, 30, 3), 90, np.uint8)
THUMBNAIL = class_thumbnail(CODES, KARRA_10)
HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>\" '"
VOID = {"meta", "link", "img", "input", "br"}


class Reader(HTMLParser):
    """Checks nesting and collects tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text += data

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def make_scenes() -> list[SceneRow]:
    return [
        SceneRow("S2A_one", "2023-03-01", 93.4, True, "clearest of its quarter", THUMBNAIL),
        SceneRow("S2A_two", "2023-06-01", 3.0, False, "less than 5 % clear"),
        SceneRow("broken", "", None, False, "no SWIR asset"),
    ]


def make_tile_page(verdict: str = "estimated", **fields) -> TilePage:
    given = {
        "tile": "33TVM",
        "year": 2023,
        "place": "Ljubljana",
        "class_map": CODES,
        "true_color": RGB,
        "grid": make_grid(30),
        "report": make_report(verdict),
        "scenes": make_scenes(),
        "provenance": {"map digest": "ab" * 32, "model digest": "cd" * 32},
        "legend": KARRA_10,
        "links": (Link("All maps", "../index.html"),),
    }
    return TilePage(**{**given, **fields})


def make_card(verdict: str = "estimated", **fields) -> MapCard:
    given = {
        "tile": "33TVM",
        "year": 2023,
        "place": "",
        "href": "33TVM/2023.html",
        "thumbnail": THUMBNAIL,
        "report": make_report(verdict),
        "scenes_used": 11,
        "scenes_left_out": 9,
    }
    return MapCard(**{**given, **fields})


def make_index(**fields) -> IndexPage:
    report = make_report(key="demo", scope="region")
    given = {
        "title": "Demo",
        "command": "make demo OUT=out/demo",
        "cards": (make_card(), make_card("insufficient", year=2022)),
        "regions": (RegionCard("demo", 2023, "region-2023.html", report),),
        "legend": KARRA_10,
    }
    return IndexPage(**{**given, **fields})


def make_region_page(**fields) -> RegionPage:
    given = {
        "region": "demo",
        "year": 2023,
        "title": "",
        "report": make_report(key="demo", scope="region"),
        "tiles": (make_card(),),
        "provenance": {"sample": "ef" * 32},
        "legend": KARRA_10,
    }
    return RegionPage(**{**given, **fields})


def assert_self_contained(html: str) -> Reader:
    page = Reader(html)
    assert html.startswith("<!DOCTYPE html>")
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("title")) == 1
    for image in page.named("img"):
        assert image["src"].startswith("data:image/")
        assert image["alt"].strip()
    for link in page.named("link"):
        assert link["href"] == "data:,"
    assert not [a for a in page.named("script") if a], "scripts are inline"
    assert "url(" not in html
    assert "@import" not in html
    assert "http://" not in html
    assert "https://" not in html
    return page


def test_pages_are_well_formed_and_need_no_network():
    for html in (
        render_tile_page(make_tile_page()),
        render_index(make_index()),
        render_region_page(make_region_page()),
    ):
        assert_self_contained(html)


def test_the_same_page_renders_to_the_same_text():
    assert render_tile_page(make_tile_page()) == render_tile_page(make_tile_page())
    assert render_index(make_index()) == render_index(make_index())


def test_no_python_object_shows_through():
    for html in (
        render_tile_page(make_tile_page()),
        render_index(make_index()),
        render_region_page(make_region_page()),
    ):
        assert not re.search(r"0x[0-9a-f]{6}|\b(None|nan|dict)\b|\{\{|\}\}", Reader(html).text)


def test_the_map_and_the_composite_come_before_every_number():
    html = render_tile_page(make_tile_page())
    order = [html.index(t) for t in ("True-colour composite", "Land-cover map.", "overall accur")]
    assert order == sorted(order)


def test_the_content_policy_allows_exactly_the_pages_own_script():
    html = render_tile_page(make_tile_page())
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = Reader(html).named("meta")[2]["content"]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_both_pictures_stand_in_the_page_without_script():
    page = Reader(render_tile_page(make_tile_page()))
    alts = [image["alt"] for image in page.named("img")]
    assert alts[0].startswith("True-colour")
    assert alts[1].startswith("Land-cover map")
    tools = next(attrs for tag, attrs in page.tags if attrs.get("id") == "tools")
    assert "hidden" in tools, "controls that need script are hidden without it"


def test_hostile_text_is_shown_as_text():
    scene = SceneRow(HOSTILE, HOSTILE[:10], 50.0, True, HOSTILE)
    report = make_report("insufficient", verdict_reason=HOSTILE, warnings=(HOSTILE,))
    page = make_tile_page(
        place=HOSTILE, scenes=[scene], report=report, provenance={HOSTILE: HOSTILE},
        figures=[PageFigure(HOSTILE, THUMBNAIL, HOSTILE)],
    )  # fmt: skip
    reader = Reader(render_tile_page(page))
    assert len(reader.named("script")) == 1
    assert all(image["src"].startswith("data:") for image in reader.named("img"))
    assert not [a for _, a in reader.tags if any(k.startswith("on") for k in a)]
    assert HOSTILE in reader.text
    index = Reader(render_index(make_index(title=HOSTILE, command=HOSTILE, intro=HOSTILE)))
    assert not index.named("script")


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "//evil.example/x", ""],
)
def test_links_that_could_run_code_are_refused(href):
    with pytest.raises(InvalidPage, match="link"):
        render_index(make_index(links=(Link("x", href),)))


@pytest.mark.parametrize("verdict", ["insufficient", "agreement_only", "no_sample"])
def test_a_page_without_probability_sample_shows_no_interval_but_the_reason(verdict):
    leaky = make_report(
        verdict, classes=make_report("estimated").classes, overall=make_report().overall
    )
    for html in (
        render_tile_page(make_tile_page(report=leaky)),
        render_region_page(make_region_page(report=leaky, tiles=[make_card(report=leaky)])),
    ):
        reader = Reader(html)
        assert "±" not in reader.text
        assert "95\u00a0%" not in reader.text
        assert "overall accuracy" not in reader.text
        assert "User’s" not in reader.text
        assert leaky.verdict_reason in reader.text


def test_plain_agreement_is_called_that():
    text = Reader(render_tile_page(make_tile_page("agreement_only"))).text
    assert "Accuracy unknown" in text


def test_an_estimated_page_shows_interval_units_and_design():
    text = Reader(render_tile_page(make_tile_page())).text
    for words in ("89.1\u00a0% ±\u00a02.5", "781 reference units", "Simple random sample"):
        assert words in text
    assert "Bare ground rests on 15 reference units." in text


def test_the_sample_is_explained_below_the_table_of_classes():
    report = make_report(design="cluster", design_effect=4.0)
    for html in (
        render_tile_page(make_tile_page(report=report)),
        render_region_page(make_region_page(report=report)),
    ):
        text = Reader(html).text
        assert text.index("Classes in numbers") < text.index("What the sample can tell")
        assert "2.0 times too narrow" in text
        assert "the spread between the windows" in text


def test_scenes_used_and_left_out_are_listed_with_reasons():
    text = Reader(render_tile_page(make_tile_page())).text
    assert "Used (1)" in text
    assert "Left out (2)" in text
    for words in ("no SWIR asset", "no date", "clear share unknown", "93\u00a0% clear"):
        assert words in text


def test_a_map_without_data_and_without_scenes_has_a_page():
    empty = np.zeros((30, 30), np.uint8)
    text = Reader(render_tile_page(make_tile_page("no_sample", class_map=empty, scenes=[]))).text
    assert "No data" in text
    assert "The catalogue has no scene." in text


def test_an_index_without_maps_says_so():
    assert "No map has been made yet" in render_index(make_index(cards=(), regions=()))


def test_the_index_names_the_command_and_links_each_map():
    reader = Reader(render_index(make_index()))
    assert "make demo OUT=out/demo" in reader.text
    hrefs = {a["href"] for a in reader.named("a")}
    assert hrefs == {"33TVM/2023.html", "region-2023.html"}


def test_the_index_lists_pages_on_labels_apart_from_the_maps():
    html = render_index(make_index(labels=(Link("33TVM 2023", "labels.html"),)))
    reader = Reader(html)
    assert "labels.html" in {a["href"] for a in reader.named("a")}
    assert html.index("region-2023.html") < html.index("labels.html")
    assert "annotators" in reader.text and "annotators" not in render_index(make_index())


def test_pictures_of_another_kind_are_refused():
    with pytest.raises(InvalidPage, match="neither PNG nor JPEG"):
        render_index(make_index(cards=(make_card(thumbnail=b"<svg onload=alert(1)>"),)))


def test_a_composite_on_another_grid_is_refused():
    with pytest.raises(InvalidPage, match="33TVM 2023"):
        render_tile_page(make_tile_page(true_color=RGB[:20]))


def test_extra_figures_appear_with_their_captions():
    figure = PageFigure("Loss", encode_jpeg(RGB), "Validation is lowest at epoch 3.")
    html = render_tile_page(make_tile_page(figures=[figure]))
    assert "Validation is lowest at epoch 3." in Reader(html).text


def test_a_page_claims_no_source_that_it_was_not_told():
    assert "Copernicus" not in render_tile_page(make_tile_page())
    told = render_tile_page(make_tile_page(attribution="Simulated data."))
    assert "Simulated data." in Reader(told).text
