"""The service against its own OpenAPI: whatever it allows is answered as it says."""

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lulc_assets.core.serving.app import make_app
from lulc_assets_tests.core.serving.conftest import SETTINGS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    content_type_conformance,
]
OPERATIONS = {
    "GET /health",
    "GET /ready",
    "GET /metrics",
    "GET /model",
    "POST /predictions",
    "POST /predictions/stac",
    "GET /predictions/{name}/{file}",
}


@schemathesis.serializer("image/tiff")
def send_bytes(_, value):
    return value if isinstance(value, bytes) else str(value).encode()


def test_every_answer_is_one_that_is_described(engine, client):
    assert client.get("/ready").status_code == 200
    app = make_app(lambda: engine, SETTINGS)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    found = {f"{o.ok().method.upper()} {o.ok().path}": o.ok() for o in schema.get_all_operations()}
    assert set(found) == OPERATIONS
    for operation in found.values():
        ask_about(operation)


def ask_about(operation):
    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data):
        case = data.draw(operation.as_strategy())
        case.validate_response(case.call(), checks=CHECKS)

    ask()
