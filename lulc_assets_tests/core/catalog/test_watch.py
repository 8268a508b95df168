"""Looks at a catalogue that changes: nothing is missed, nothing is asked for twice."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.catalog.announced import Announced, announce, seconds_of, text_of
from lulc_assets.core.catalog.news import Settings
from lulc_assets.core.catalog.watch import look
from lulc_assets.core.catalog.watch_cursor import WatchCursor
from lulc_assets.core.errors import CatalogError
from lulc_assets.core.store.keys import TileYear
from lulc_assets_tests.core.catalog.stac_documents import make_item

NOW = seconds_of("2024-06-01T00:00:00Z")
TILES = ("33TVL", "33TVM")
HOUR = 3600.0
SET = Settings(overlap_s=2 * HOUR, first_s=24 * HOUR, most_items=6, most_keys=3, seconds=1e9)


def item(number, *, tile="33TVL", at=NOW, year=2023, baseline="05.09", **more):
    more = {"s2:generation_time": text_of(at), **more}
    found = make_item(f"{year}0701", tile=tile, baseline=baseline, **more)
    return {**found, "id": f"scene_{number}"}


class Catalogue:
    """Items by id, asked by stamps; it may fail after some items."""

    def __init__(self, *items):
        self.items = {each["id"]: each for each in items}
        self.fails_after = None
        self.order = 1
        self.asked = []

    def ask(self, lower, upper):
        self.asked.append((lower, upper))
        stamps = {name: seconds_of(i["properties"]["s2:generation_time"])
                  for name, i in self.items.items()}  # fmt: skip
        inside = [
            self.items[name]
            for name, stamp in sorted(stamps.items(), key=lambda kv: kv[::-1])
            if lower is None or lower <= stamp <= (upper or 1e18)
        ]
        for number, each in enumerate(inside[:: self.order]):
            if number == self.fails_after:
                raise CatalogError("HTTP 502")
            yield each
        if self.fails_after is not None and self.fails_after >= len(inside):
            raise CatalogError("HTTP 502")


def see(cursor, catalogue, *, has=None, chosen=SET, now=NOW, ours=lambda key: key.tile in TILES):
    has = has or {}
    return look(cursor, catalogue.ask, lambda keys: {k: has[k] for k in keys if k in has}, ours,
                chosen, now=now)  # fmt: skip


def test_new_items_are_grouped_by_tile_and_year_and_asked_for_once():
    late = item(3, year=2021)
    catalogue = Catalogue(item(1), item(2, tile="33TVM"), late, item(4, tile="32TNS"))
    first = see(WatchCursor(), catalogue)
    assert [n.key for n in first.news] == [
        TileYear("33TVL", 2021), TileYear("33TVL", 2023), TileYear("33TVM", 2023)
    ]  # fmt: skip
    assert first.elsewhere == 1 and first.cursor.since == NOW
    assert not see(first.cursor, catalogue).news


def test_the_run_key_holds_ids_baselines_and_stamps_but_not_their_order():
    items = [item(n) for n in range(4)]
    keys = {see(WatchCursor(), Catalogue(*order)).news[0].run_key for order in (items, items[::-1])}
    other = Catalogue(*items[:3], item(3, at=NOW - 1))
    assert len(keys) == 1 and keys != {see(WatchCursor(), other).news[0].run_key}


def test_what_the_product_has_is_no_news_and_a_reprocessed_scene_is():
    catalogue = Catalogue(item(1), item(2))
    one, two = (announce(each) for each in catalogue.items.values())
    assert isinstance(one, Announced) and isinstance(two, Announced)
    has = {one.key: {one.id: (one.baseline, one.stamp), two.id: (two.baseline, "older")}}
    (news,) = see(WatchCursor(), catalogue, has=has).news
    assert [i.id for i in news.changed] == ["scene_2"] and not news.new
    assert news.why == "1 reprocessed: scene_2"


def test_a_stamp_that_went_backwards_within_the_overlap_is_seen():
    catalogue = Catalogue(item(1), item(2))
    first = see(WatchCursor(), catalogue)
    catalogue.items["scene_1"] = item(1, at=NOW - HOUR)
    (news,) = see(first.cursor, catalogue).news
    assert [i.id for i in news.new] == ["scene_1"]


def test_an_item_that_changes_tile_is_news_of_both_tiles():
    catalogue = Catalogue(item(1))
    first = see(WatchCursor(), catalogue)
    catalogue.items["scene_1"] = item(1, tile="33TVM")
    left, arrived = see(first.cursor, catalogue).news
    assert (left.key.tile, left.vanished) == ("33TVL", ("scene_1",))
    assert (arrived.key.tile, arrived.new[0].id) == ("33TVM", "scene_1")


def test_items_without_date_tile_or_id_are_named_and_the_rest_goes_on():
    dateless, tileless = item(1, datetime=None), item(2, **{"s2:mgrs_tile": "99ZZZ"})
    ancient = item(3, datetime="1999-01-01T00:00:00Z")
    catalogue = Catalogue(dateless, tileless, ancient, item(4), item(5, datetime="yesterday"))
    catalogue.items["nameless"] = {**item(9), "id": ""}
    found = see(WatchCursor(), catalogue)
    assert [i.id for i in found.news[0].new] == ["scene_4"]
    assert len(found.unusable) == 5
    assert sum("datetime" in each.reason for each in found.unusable) == 2


def test_502_in_the_middle_uses_what_came_and_moves_no_watermark():
    catalogue = Catalogue(*(item(n, at=NOW - n) for n in range(4)))
    start = replace(WatchCursor(), since=NOW - HOUR)
    catalogue.fails_after = 2
    found = see(start, catalogue)
    assert found.cursor.since == NOW - HOUR and "502" in found.message
    assert sum(len(n.new) for n in found.news) == 2
    catalogue.fails_after = None
    rest = see(found.cursor, catalogue)
    assert sum(len(n.new) for n in rest.news) == 2 and rest.cursor.since == NOW


def test_a_catalogue_that_stays_down_is_asked_less_and_less():
    catalogue, cursor = Catalogue(item(1)), WatchCursor()
    catalogue.fails_after = 0
    for _ in range(40):
        cursor = see(cursor, catalogue).cursor
    assert len(catalogue.asked) == 6  # after 0, 1, 3, 7, 15 and 23 looks left out
    catalogue.fails_after = None
    while cursor.rest:
        cursor = see(cursor, catalogue).cursor
    assert see(cursor, catalogue).news


def test_a_slice_that_is_too_long_is_read_in_parts_and_ties_to_their_end():
    many = [item(n, at=NOW - 50 - n) for n in range(20)]
    tied = [item(100 + n, at=NOW) for n in range(15)]
    catalogue, cursor, found = Catalogue(*many, *tied), replace(WatchCursor(), since=NOW - 100), []
    for _ in range(30):
        sight = see(cursor, catalogue)
        cursor = sight.cursor
        found += [i.id for n in sight.news for i in n.new]
    assert sorted(found) == sorted(catalogue.items) and cursor.since == NOW


def test_a_stamp_of_the_future_hides_nothing_that_comes_before_it():
    catalogue = Catalogue(item(1, at=NOW + 900 * 86400))
    cursor = see(WatchCursor(), catalogue).cursor
    catalogue.items["scene_2"] = item(2, at=NOW + HOUR)
    (news,) = see(cursor, catalogue, now=NOW + HOUR).news
    assert [i.id for i in news.new] == ["scene_2"]


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
def test_a_clock_that_is_an_hour_off_misses_nothing(skew):
    catalogue = Catalogue(item(1))
    cursor = see(WatchCursor(), catalogue, now=NOW + skew).cursor
    catalogue.items["scene_2"] = item(2, at=NOW + 60)
    assert [n.new[0].id for n in see(cursor, catalogue, now=NOW + skew).news] == ["scene_2"]


def test_more_tiles_than_a_look_may_ask_for_wait_for_the_next():
    items = [item(n, year=2016 + n) for n in range(5)]
    catalogue = Catalogue(*items)
    first = see(WatchCursor(), catalogue)
    assert (len(first.news), first.waiting) == (3, 2)
    second = see(first.cursor, catalogue)
    assert (len(second.news), second.waiting) == (2, 0)


def test_without_stamps_ids_are_compared_and_what_vanished_is_told_apart():
    whole = replace(SET, by_stamp=False)
    catalogue = Catalogue(item(1), item(2))
    first = see(WatchCursor(), catalogue, chosen=whole)
    assert len(first.news[0].new) == 2
    del catalogue.items["scene_1"]
    (news,) = see(first.cursor, catalogue, chosen=whole).news
    assert news.vanished == ("scene_1",) and not news.new
    assert not see(see(first.cursor, catalogue, chosen=whole).cursor, catalogue, chosen=whole).news


def test_a_listing_that_was_cut_off_makes_nothing_vanish():
    whole = replace(SET, by_stamp=False)
    catalogue = Catalogue(item(1), item(2))
    first = see(WatchCursor(), catalogue, chosen=whole)
    catalogue.fails_after = 1
    assert not see(first.cursor, catalogue, chosen=whole).news


def test_an_empty_look_says_what_it_looked_at():
    assert see(WatchCursor(), Catalogue()).message == (
        "0 items read, seen up to 2024-05-31T00:00:00.000000Z: news of 0 tile × years"
    )


@pytest.mark.parametrize("text", [None, "", "17", "{}", "AAAA", "eJyrBgAA+wD5"])
def test_a_cursor_that_is_none_begins_afresh(text):
    assert WatchCursor.loads(text) == WatchCursor()


EVENTS = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 9), st.sampled_from(TILES), st.integers(0, 7000)),
    st.tuples(st.just("drop"), st.integers(0, 9)),
    st.tuples(st.just("look"), st.none() | st.integers(0, 8), st.sampled_from((1, -1))),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_every_state_that_lasts_is_asked_for_exactly_once(events):
    """Puts may repeat, move, tie and go backwards, within the overlap of the catalogue's time."""
    catalogue, cursor, time_is = Catalogue(), replace(WatchCursor(), since=NOW), NOW
    asked = []

    def tick():
        nonlocal cursor
        sight = see(WatchCursor.loads(cursor.dumps()), catalogue, now=time_is)
        cursor = sight.cursor
        asked.extend(i for n in sight.news for i in (*n.new, *n.changed))

    for count, (what, *rest) in enumerate(events):
        time_is += 600
        if what == "put":
            number, tile, before = rest
            at = time_is - before % 6600
            found = item(number, tile=tile, at=at, baseline=f"01.{count:02d}")
            catalogue.items[found["id"]] = found
        elif what == "drop":
            catalogue.items.pop(f"scene_{rest[0]}", None)
        else:
            catalogue.fails_after, catalogue.order = rest
            tick()
    catalogue.fails_after = None
    for _ in range(40):
        tick()
    lasting = {announce(each) for each in catalogue.items.values()}
    late = {each for each in lasting if each.changed_at < NOW - SET.overlap_s}
    assert lasting - late <= set(asked)
    assert len(asked) == len(set(asked))
