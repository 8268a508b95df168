"""Who is told what, once."""

import json
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from lulc_assets.core.alerts import delivery
from lulc_assets.core.alerts.delivery import deliver
from lulc_assets.core.alerts.notices import NoticeLog, due_notices
from lulc_assets.core.alerts.zones import read_alert_zones
from lulc_assets.core.errors import InvalidZones, MissingCrs, ProductCorrupt

pytestmark = pytest.mark.loopback

KEY, CRS = "33TVM-2022", 32633
HERE = box(500_000, 5_100_000, 500_060, 5_100_060)
ZONE = box(499_000, 5_099_000, 501_000, 5_101_000)


def alerts(*steps, start=0):
    rows = [
        {"alert_id": f"{KEY}-0501-00001-{start + n:05d}", "step": step, "from_class": "trees",
         "to_class": "bare_ground", "area_ha": 0.36, "confirmed_on": None}
        for n, step in enumerate(steps)
    ]  # fmt: skip
    names = ("alert_id", "step", "from_class", "to_class", "area_ha", "confirmed_on")
    columns = {name: [row[name] for row in rows] for name in names}
    return gpd.GeoDataFrame(columns, geometry=[HERE] * len(rows), crs=CRS)


def zone_file(folder, **fields):
    row = {"name": "Upper valley", "email": "ranger@example.org", **fields}
    geometry = row.pop("geometry", ZONE)
    path = folder / "zones.gpkg"
    gpd.GeoDataFrame([row], geometry=[geometry], crs=row.pop("crs", CRS)).to_file(path)
    return path


def zones(folder, **fields):
    return read_alert_zones(zone_file(folder, **fields))


def tell(folder, table, told_zones, **options):
    log = NoticeLog(folder / "log.jsonl")
    due = due_notices(table, told_zones, log, key=KEY, reason=options.pop("reason", ""))
    done = deliver(due, log, folder / "outbox", scene_date="2022-06-01", **options)
    return due, done


class Receiver:
    """A webhook that answers as it is told to and keeps what it accepted or may have."""

    def __init__(self):
        self.answers, self.seen, self.url = [], [], ""

    def features(self):
        return [(code, f["id"], f["properties"]["kind"], f["properties"]["repeat"])
                for code, _, body in self.seen for f in body["features"]]  # fmt: skip


@contextmanager
def receiving():
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            code, headers = state.answers.pop(0) if state.answers else (200, {})
            state.seen.append((code, self.headers["Idempotency-Key"], json.loads(body)))
            if code == 0:
                self.connection.close()
                return
            self.send_response(code)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/alerts"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hook(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("WAIT_FIRST_S", "WAIT_MAX_S"):
        monkeypatch.setattr(delivery, name, 0.0)
    with receiving() as state:
        yield state


def test_an_alert_is_told_once_and_again_only_when_it_changes(tmp_path):
    told = zones(tmp_path)
    steps = ["likely", "confirmed", "confirmed", "rejected", "rejected"]
    kinds = [[n.kind for n in tell(tmp_path, alerts(step), told)[0]] for step in steps]
    assert kinds == [[], ["new"], [], ["rejected"], []]


def test_an_alert_that_is_gone_is_withdrawn_with_the_reason(tmp_path):
    told = zones(tmp_path)
    tell(tmp_path, alerts("confirmed"), told)
    (notice,), _ = tell(tmp_path, alerts(), told, reason="scene s1 was withdrawn")
    assert (notice.kind, notice.was, notice.reason) == (
        "withdrawn", "confirmed", "scene s1 was withdrawn",
    )  # fmt: skip
    assert tell(tmp_path, alerts(), told)[0] == []


def test_an_alert_that_is_judged_again_and_lower_says_so(tmp_path):
    told = zones(tmp_path)
    tell(tmp_path, alerts("confirmed"), told)
    (notice,), _ = tell(tmp_path, alerts("likely"), told, reason="scene s1 was withdrawn")
    assert (notice.kind, notice.step) == ("lowered", "likely") and "s1" in notice.reason


def test_a_zone_is_told_from_its_step_on_and_of_its_classes_and_place(tmp_path):
    assert tell(tmp_path, alerts("likely"), zones(tmp_path, min_step="likely"))[0]
    for number, fields in enumerate(
        [{"to_classes": "water, crops"}, {"min_area_ha": 1.0},
         {"geometry": box(0, 5_000_000, 10, 5_000_010)}]
    ):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        assert tell(folder, alerts("confirmed"), zones(folder, **fields))[0] == []


def test_alerts_of_other_tiles_and_years_are_not_withdrawn(tmp_path):
    told = zones(tmp_path)
    tell(tmp_path, alerts("confirmed"), told)
    log = NoticeLog(tmp_path / "log.jsonl")
    assert due_notices(alerts(), told, log, key="33TVM-2023") == []


def test_the_message_is_one_that_mail_programs_read(tmp_path):
    _, done = tell(tmp_path, alerts("confirmed", "confirmed"), zones(tmp_path))
    (path,) = done.files
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["To"] == "ranger@example.org" and "Upper valley: 2" in message["Subject"]
    body = message.get_body().get_content()
    assert body.count("new: 33TVM-2022-0501") == 2 and "trees to bare_ground, 0.36 ha" in body
    (attached,) = message.iter_attachments()
    assert len(json.loads(attached.get_content())["features"]) == 2


def test_a_webhook_gets_features_with_a_key(tmp_path, hook):
    told = zones(tmp_path, webhook=hook.url)
    _, done = tell(tmp_path, alerts("confirmed"), told, private_network=True)
    assert len(done.sent) == 2 and not done.failed
    ((code, key, body),) = hook.seen
    assert code == 200 and len(key) == 64 and body["zone"] == "Upper valley"
    assert tell(tmp_path, alerts("confirmed"), told, private_network=True)[0] == []
    assert len(hook.seen) == 1


@pytest.mark.parametrize("answer", [500, 503, 0])
def test_what_may_have_arrived_is_told_again_as_a_repeat(tmp_path, hook, answer):
    hook.answers = [(answer, {})]
    told = zones(tmp_path, webhook=hook.url, email=None)
    _, done = tell(tmp_path, alerts("confirmed"), told, private_network=True)
    assert len(done.sent) == 1
    repeats = [repeat for *_, repeat in hook.features()]
    assert repeats == [False, True]
    assert len({key for _, key, _ in hook.seen}) == 1


def test_a_receiver_that_asks_to_wait_is_told_as_new_when_it_takes_it(tmp_path, hook):
    hook.answers = [(429, {"Retry-After": "0"})]
    told = zones(tmp_path, webhook=hook.url, email=None)
    tell(tmp_path, alerts("confirmed"), told, private_network=True)
    assert [(code, repeat) for code, *_, repeat in hook.features()] == [(429, False), (200, False)]


def test_a_receiver_that_fails_for_good_is_told_with_the_next_scene(tmp_path, hook):
    hook.answers = [(503, {})] * delivery.ATTEMPTS
    told = zones(tmp_path, webhook=hook.url, email=None)
    _, done = tell(tmp_path, alerts("confirmed"), told, private_network=True)
    assert "503" in done.failed[hook.url] and not done.sent
    (notice,), done = tell(tmp_path, alerts("confirmed"), told, private_network=True)
    assert notice.repeat and len(done.sent) == 1
    fresh = [code for code, _, _, repeat in hook.features() if not repeat and code != 429]
    assert fresh == [503]


@settings(max_examples=15, deadline=None)
@given(answers=st.lists(st.lists(st.sampled_from([200, 400, 429, 500, 503, 0]), max_size=4),
                        min_size=1, max_size=4))  # fmt: skip
def test_nothing_that_may_have_arrived_is_ever_told_as_new_again(tmp_path_factory, answers):
    folder = tmp_path_factory.mktemp("hook")
    with pytest.MonkeyPatch.context() as patch, receiving() as hook:
        for name in ("WAIT_FIRST_S", "WAIT_MAX_S"):
            patch.setattr(delivery, name, 0.0)
        for name in ("http_proxy", "HTTP_PROXY"):
            patch.delenv(name, raising=False)
        told = zones(folder, webhook=hook.url, email=None)
        for codes in [*answers, []]:
            hook.answers = [(code, {"Retry-After": "0"} if code == 429 else {}) for code in codes]
            tell(folder, alerts("confirmed"), told, private_network=True)
    may_have_arrived = [
        (alert, repeat) for code, alert, _, repeat in hook.features() if code in (200, 500, 503, 0)
    ]
    assert sum(not repeat for _, repeat in may_have_arrived) == 1
    assert not may_have_arrived[0][1]


def test_webhooks_at_private_addresses_are_refused_unless_allowed(tmp_path, hook):
    told = zones(tmp_path, webhook=hook.url, email=None)
    _, done = tell(tmp_path, alerts("confirmed"), told)
    assert "private" in done.failed[hook.url] and not hook.seen


def test_a_power_cut_between_sending_and_its_answer_leaves_a_repeat(tmp_path):
    told = zones(tmp_path)
    log = NoticeLog(tmp_path / "log.jsonl")
    due = due_notices(alerts("confirmed"), told, log, key=KEY)
    log.append(due, "sending", "2022-06-01")
    with (tmp_path / "log.jsonl").open("a") as half:
        half.write('{"key": "ab')
    (notice,), _ = tell(tmp_path, alerts("confirmed"), told)
    assert notice.repeat
    assert tell(tmp_path, alerts("confirmed"), told)[0] == []


def test_a_damaged_log_is_refused_by_its_line(tmp_path):
    told = zones(tmp_path)
    tell(tmp_path, alerts("confirmed"), told)
    path = tmp_path / "log.jsonl"
    path.write_text("garbage\n" + path.read_text())
    with pytest.raises(ProductCorrupt, match="line 1"):
        NoticeLog(path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": None}, "'Upper valley' has no address"),
        ({"email": " "}, "'Upper valley' has no address"),
        ({"email": "nobody"}, "'nobody' is not an e-mail address"),
        ({"webhook": "ftp://example.org"}, "'ftp://example.org' is not an http"),
        ({"min_step": "sure"}, "min_step 'sure'"),
        ({"to_classes": "forest"}, "forest"),
        ({"min_area_ha": "much"}, "min_area_ha 'much'"),
        ({"name": None}, "zone 1 has no name"),
        ({"geometry": Point(500_000, 5_100_000)}, "is not a polygon"),
    ],
)
def test_zones_that_cannot_be_told_are_refused_by_name(tmp_path, fields, message):
    with pytest.raises(InvalidZones, match=message):
        zones(tmp_path, **fields)


def test_zones_without_a_reference_system_or_with_one_name_twice_are_refused(tmp_path):
    path = tmp_path / "zones.parquet"
    row = {"name": "a", "email": "a@example.org"}
    gpd.GeoDataFrame([row], geometry=[ZONE]).to_parquet(path)
    with pytest.raises(MissingCrs, match=r"zones\.parquet"):
        read_alert_zones(path)
    gpd.GeoDataFrame([row, row | {"name": "A"}], geometry=[ZONE] * 2, crs=CRS).to_parquet(path)
    with pytest.raises(InvalidZones, match="twice"):
        read_alert_zones(path)
