"""A STAC API that serves made-up items in pages, and counts its requests.

What belongs here: HTTP and items. What does not: what is measured.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ROOT = "https://api.stacspec.org/v1.0.0/"
_CONFORMS = [
    _ROOT + "core",
    _ROOT + "item-search",
    _ROOT + "item-search#filter",
    _ROOT + "item-search#fields",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
]


def make_item(tile: str, number: int, stamp: str) -> dict[str, Any]:
    """An item as Planetary Computer writes it, without assets and geometry."""
    day = f"202407{1 + number % 28:02d}"
    name = f"S2A_MSIL2A_{day}T100031_R122_T{tile}_{day}T{number % 24:02d}0000"
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "properties": {
            "datetime": f"2024-07-{1 + number % 28:02d}T10:00:31.024000Z",
            "platform": "Sentinel-2A",
            "proj:epsg": 32633,
            "eo:cloud_cover": 12.5,
            "sat:relative_orbit": 122,
            "s2:mgrs_tile": tile,
            "s2:product_type": "S2MSI2A",
            "s2:processing_baseline": "05.11",
            "s2:product_uri": f"{name}.SAFE",
            "s2:generation_time": stamp,
        },
    }


def serve(tiles: list[str], items: int, stamp: str, port: Any, counted: Any, ready: Any) -> None:
    """Serve until the process ends.

    Args:
        tiles: over which the items go round.
        items: how many.
        stamp: change stamp of them all.
        port: shared; set to where it listens.
        counted: shared; the number of requests.
        ready: set when it listens.
    """
    texts = [
        json.dumps(make_item(tiles[n % len(tiles)], n // len(tiles), stamp)) for n in range(items)
    ]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            link = {"rel": "search", "method": "POST", "type": "application/geo+json",
                    "href": f"{self.base}/search"}  # fmt: skip
            self.send(json.dumps({
                "type": "Catalog", "id": "api", "description": "api", "stac_version": "1.0.0",
                "conformsTo": _CONFORMS, "links": [link],
            }))  # fmt: skip

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            start, step = int(body.get("token", 0)), int(body["limit"])
            links = []
            if start + step < len(texts):
                links = [{"rel": "next", "method": "POST", "href": f"{self.base}/search",
                          "body": {**body, "token": start + step}}]  # fmt: skip
            page = ",".join(texts[start : start + step])
            self.send(f'{{"type":"FeatureCollection","links":{json.dumps(links)},'
                      f'"features":[{page}]}}')  # fmt: skip

        @property
        def base(self) -> str:
            return f"http://127.0.0.1:{port.value}"

        def send(self, text: str) -> None:
            with counted.get_lock():
                counted.value += 1
            data = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.value = server.server_port
    ready.set()
    server.serve_forever()
