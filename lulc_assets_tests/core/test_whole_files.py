import os
from pathlib import Path

import pytest

from lulc_assets.core.whole_files import name_part, put_in_place, whole_file


def test_a_file_is_there_when_it_is_whole(tmp_path):
    target = tmp_path / "summary.json"
    target.write_text("old")
    with whole_file(target) as part:
        part.write_text("new")
        assert part.parent == tmp_path
        assert part.suffix == ".json"
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "page.html"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_of_one_file_do_not_share_a_name(tmp_path):
    target = tmp_path / "card.md"
    with whole_file(target) as first, whole_file(target) as second:
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"
    assert name_part(target) != name_part(target)


def test_bytes_are_synced_before_the_rename_and_the_folder_after_it(tmp_path, monkeypatch):
    calls = []
    target = tmp_path / "state.json"

    def fsync(handle):
        calls.append((Path(f"/proc/self/fd/{handle}").readlink().name, target.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    part = name_part(target)
    part.write_text("{}")
    put_in_place(part, target)
    assert calls == [(part.name, False), (tmp_path.name, True)]


def test_a_file_has_the_permissions_that_any_new_file_has(tmp_path):
    plain, target = tmp_path / "plain", tmp_path / "whole"
    plain.write_text("")
    with whole_file(target) as part:
        part.write_text("")
    assert target.stat().st_mode == plain.stat().st_mode
