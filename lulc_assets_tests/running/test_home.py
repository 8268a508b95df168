"""Files that commands write and people edit."""

from lulc_assets.running.home import prepare_home, write_unless_edited


def test_an_untouched_file_is_brought_up_to_date(tmp_path):
    path = tmp_path / "project.toml"
    assert write_unless_edited(path, "size = 1\n")
    assert write_unless_edited(path, "size = 2\n")
    assert path.read_text() == "size = 2\n"


def test_an_edited_file_stays(tmp_path):
    path = tmp_path / "project.toml"
    write_unless_edited(path, "size = 1\n")
    path.write_text("size = 7   # mine\n")
    assert not write_unless_edited(path, "size = 2\n")
    assert path.read_text() == "size = 7   # mine\n"


def test_a_file_that_no_command_wrote_stays(tmp_path):
    path = tmp_path / "project.toml"
    path.write_text("mine = true\n")
    assert not write_unless_edited(path, "size = 2\n")
    assert path.read_text() == "mine = true\n"


def test_settings_of_an_instance_stay_as_people_set_them(tmp_path):
    settings = prepare_home(tmp_path / "dagster") / "dagster.yaml"
    assert "concurrency" in settings.read_text()
    settings.write_text("telemetry: {enabled: false}\n")
    prepare_home(tmp_path / "dagster")
    assert settings.read_text() == "telemetry: {enabled: false}\n"
