"""The command as a process: on loopback, a hanging client, SIGTERM; and bundles it refuses."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets_tests.core.model.test_seal import write_keys

pytestmark = pytest.mark.loopback


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def process(bundle_dir, socket_enabled, tmp_path):
    port = free_port()
    log = (tmp_path / "log").open("w")
    arguments = ["serve", str(bundle_dir), "--port", str(port), "--window-px", "128"]
    code = f"from lulc_assets.cli import app; app({arguments!r})"
    running = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stdout=log, stderr=subprocess.STDOUT
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(900):
            try:
                if requests.get(f"{url}/ready", timeout=5).ok:
                    break
            except requests.ConnectionError:
                assert running.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.1)
        yield running, url, port
    finally:
        running.kill()
        running.wait()
        log.close()


def test_a_hanging_client_holds_nothing_and_sigterm_finishes_what_is_under_way(process, image):
    running, url, port = process
    with socket.create_connection(("127.0.0.1", port)) as hanging:
        hanging.sendall(
            b"POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: image/tiff\r\n"
            b"Content-Length: 1000000\r\n\r\nII*"
        )
        head = {"Content-Type": "image/tiff"}
        assert requests.post(f"{url}/predictions", data=image[0], headers=head, timeout=60).ok
    answers = []

    def ask():
        answers.append(requests.post(f"{url}/predictions", data=image[0], headers=head, timeout=60))

    asking = threading.Thread(target=ask)
    asking.start()
    while "lulc_requests_in_work 1.0" not in requests.get(f"{url}/metrics", timeout=30).text:
        if answers:
            break
    running.send_signal(signal.SIGTERM)
    asking.join(60)
    assert answers[0].status_code == 200
    running.wait(60)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=5)


def test_a_damaged_bundle_or_one_of_another_key_is_not_served(bundle_dir, tmp_path):
    from lulc_assets.core.model.seal import sign_bundle

    copy = shutil.copytree(bundle_dir, tmp_path / "copy")
    private, _ = write_keys(tmp_path, "team")
    _, other = write_keys(tmp_path, "other")
    sign_bundle(copy, private)
    done = CliRunner().invoke(app, ["serve", str(copy), "--trusted-key", str(other)])
    assert done.exit_code == 1
    assert "refused" in done.stderr
    graph = bytearray((copy / "graph.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (copy / "graph.onnx").write_bytes(bytes(graph))
    done = CliRunner().invoke(app, ["serve", str(copy)])
    assert done.exit_code == 1
    assert "graph.onnx does not have the SHA-256" in done.stderr.replace("\n", " ")
