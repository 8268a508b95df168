"""The map page as files: what is in it, and that building again changes only what changed."""

import json
from html.parser import HTMLParser

import pytest

from lulc_assets.core.alerts.pixels import LAYERS as ALERT_LAYERS
from lulc_assets.core.change.layers import LAYERS as CHANGE_LAYERS
from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.pages.map_site import MANIFEST, STATIC
from lulc_assets.core.store.keys import TileYear
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.map_site import build_site
from lulc_assets.steps.pages import make_report_pages
from lulc_assets_tests.steps.predicted_year import open_project
from lulc_assets_tests.steps.two_years import KEY, two_years
from lulc_assets_tests.system_programs import need
from lulc_assets_tests.tiny_project import TILE, YEAR


def read_site(folder):
    return json.loads((folder / "site.json").read_text())


@pytest.fixture(autouse=True, scope="module")
def bundle():
    need((STATIC / "map.js").is_file(), "the map page's bundle (make setup)")


@pytest.fixture(scope="module")
def site(finished, tmp_path_factory):
    from lulc_assets_tests.tiny_project import open_work

    folder = tmp_path_factory.mktemp("site")
    build_site(open_work(finished), folder)
    return folder


def test_every_file_that_the_page_may_ask_for_is_there(site):
    content = read_site(site)
    details = json.loads((site / content["maps"][0]["details"]["href"]).read_text())
    first = content["maps"][0]
    wanted = [first[name] for name in ("class", "vote_share", "observations", "details")]
    wanted += [scene[name] for scene in details["scenes"]
               for name in ("class", "probability", "photo")]  # fmt: skip
    wanted += [details["votes"]]
    wanted += [outline["file"] for outline in content["outlines"]]

    for file in wanted:
        assert (site / file["href"]).stat().st_size == file["bytes"], file["href"]
    assert {outline["kind"] for outline in content["outlines"]} == {"labels", "units"}
    assert (first["tile"], first["year"], first["report"]) == (TILE, YEAR, f"{TILE}_{YEAR}.html")
    assert (site / first["report"]).is_file()


class Downloads(HTMLParser):
    """Addresses of files to be saved, by the name that they get."""

    def __init__(self):
        super().__init__()
        self.found = {}

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and "download" in given:
            self.found[given["download"]] = given["href"]


def layers_offered(page):
    parser = Downloads()
    parser.feed(page.read_text())
    return {n: page.parent / href for n, href in parser.found.items() if n.endswith(".tif")}


def test_the_layers_can_be_saved_under_plain_names(site, finished_work, tmp_path):

    page = f"{TILE}_{YEAR}.html"
    names = {f"{name}_{TILE}_{YEAR}.tif" for name in ("class", "vote_share", "observations")}
    make_report_pages(finished_work, tmp_path / "pages", [TileYear(TILE, YEAR)], [])

    for folder in (site, tmp_path / "pages"):
        offered = layers_offered(folder / page)
        assert set(offered) == names
        assert all(path.is_file() for path in offered.values())
    text = (site / page).read_text()
    assert "How sure were the votes?" in text
    assert "CC0-1.0" in text  # the licence of the simulated project


def test_the_index_of_a_site_leads_to_its_map(site):
    assert '<a href="map.html">Map to move in</a>' in (site / "index.html").read_text()


def test_units_say_whether_the_map_is_right(site):
    outline = next(o for o in read_site(site)["outlines"] if o["kind"] == "units")
    features = json.loads((site / outline["file"]["href"]).read_text())["features"]

    assert {feature["properties"]["right"] for feature in features} == {True, False}
    lon, lat = features[0]["geometry"]["coordinates"]
    assert 12 < lon < 18
    assert 44 < lat < 48


def test_the_manifest_lists_all_files_and_others_can_read_them(site):
    names = json.loads((site / MANIFEST).read_text())["files"]

    assert {"map.html", "map.js", "map.css", "site.json"} < set(names)
    assert all((site / name).stat().st_mode & 0o044 for name in names)


def test_building_again_copies_nothing_and_removes_what_is_not_named_any_more(
    finished_work, tmp_path
):
    build_site(finished_work, tmp_path, photo_px=64)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.tif")}
    assert list((tmp_path / "data" / "photos").rglob("*.jpg"))

    build_site(finished_work, tmp_path, photo_px=0)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.tif")} == before
    assert not list((tmp_path / "data" / "photos").rglob("*.jpg"))


def test_votes_are_made_once_and_those_of_former_maps_go(finished_work, tmp_path):
    build_site(finished_work, tmp_path, photo_px=0)
    (votes,) = (tmp_path / "data" / "votes").iterdir()
    (kept,) = (tmp_path / ".votes").iterdir()
    assert kept.samefile(votes)
    made = votes.stat().st_mtime_ns
    kept.with_name("33TVM-2022-0000.bin").write_bytes(b"of a map that was made again")

    build_site(finished_work, tmp_path, photo_px=0)

    assert votes.stat().st_mtime_ns == made
    assert [path.name for path in (tmp_path / ".votes").iterdir()] == [kept.name]


class Scripts(HTMLParser):
    """What a browser takes for scripts."""

    def __init__(self):
        super().__init__()
        self.found, self._open = {}, None

    def handle_starttag(self, tag, attrs):
        self._open = dict(attrs).get("id", "code") if tag == "script" else None

    def handle_data(self, data):
        if self._open:
            self.found[self._open] = self.found.get(self._open, "") + data


def test_a_small_area_is_one_file_whatever_its_place_is_called(finished_work, tmp_path):
    nasty = """</script><script>alert("x")</script> & 'quotes'"""
    tiles = {
        tile: section.model_copy(update={"place": nasty})
        for tile, section in finished_work.project.tiles.items()
    }
    project = finished_work.project.model_copy(update={"tiles": tiles, "name": nasty})
    place = type(finished_work)(project, finished_work.store)

    build_site(place, tmp_path, photo_px=64, single_file_bytes=50_000_000)

    html = (tmp_path / "map.html").read_text()
    scripts = Scripts()
    scripts.feed(html)
    assert set(scripts.found) == {"site", "files", "code"}
    site = json.loads(scripts.found["site"])
    assert site["tiles"][0]["place"] == nasty
    assert site["maps"][0]["class"]["href"] in json.loads(scripts.found["files"])
    assert "<script>alert" not in html
    assert not (tmp_path / "site.json").exists()


def test_a_project_without_a_map_says_so(tmp_path):
    with pytest.raises(InvalidPage, match="no map has been made yet"):
        build_site(open_project(tmp_path / "empty"), tmp_path / "site")


def test_change_has_its_layers_sums_and_shapes(tmp_path):
    work = two_years(tmp_path / "project")
    make_change_map(work, KEY)
    alerts = make_change_alerts(work, KEY).properties
    build_site(work, tmp_path / "site")

    content = read_site(tmp_path / "site")
    (change,) = content["changes"]
    assert (change["tile"], change["year"]) == (KEY.tile, KEY.year)
    assert (tmp_path / "site" / change["report"]).is_file()
    layers = [("yearly", name) for name in CHANGE_LAYERS]
    layers += [("alerts", name) for name in ALERT_LAYERS]
    for part, name in layers:
        file = change[part][name]
        assert (tmp_path / "site" / file["href"]).stat().st_size == file["bytes"], name
    (first,) = (t for t in change["yearly"]["transitions"] if t["ha"]["sustained"])
    assert (first["from"], first["to"], first["ha"]["sustained"]) == ("trees", "bare_ground", 1.68)
    assert change["alerts"]["number"] == alerts.alerts
    outline = next(o for o in content["outlines"] if o["kind"] == "alerts")
    shapes = json.loads((tmp_path / "site" / outline["file"]["href"]).read_text())["features"]
    assert len(shapes) == sum(alerts.alerts.values())
    assert {shape["properties"]["step"] for shape in shapes} <= {
        s["name"] for s in content["steps"]
    }


def test_a_year_without_a_former_map_has_no_change(tmp_path):
    work = two_years(tmp_path / "project")
    make_change_map(work, KEY.former)
    build_site(work, tmp_path / "site")
    assert read_site(tmp_path / "site")["changes"] == []
