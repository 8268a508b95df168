"""``lulc serve``: a bundle behind HTTP.

What belongs here: options, the bundle's seal, the server. What does not: the application
(``core/serving``).
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.running import plain_console


def serve(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535)] = 8008,
    trusted_key: Annotated[
        Path | None, typer.Option(help="Public key (PEM) that the bundle must be signed by.")
    ] = None,
    items: Annotated[
        list[str] | None,
        typer.Option(help="Folder or URL below which STAC items may be named; repeatable."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Images at once.")] = 1,
    waiting: Annotated[int, typer.Option(min=0, help="Requests that may wait; then 429.")] = 4,
    window_px: Annotated[int, typer.Option(min=64, help="Side of the network's windows.")] = 512,
    max_upload_mb: Annotated[int, typer.Option(min=1)] = 512,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")] = 0,
    precision: Annotated[str, typer.Option(help="auto, bf16, fp32, int8")] = "auto",
) -> None:
    """Serve a bundle: GeoTIFFs and STAC items in, class maps out; a page to try it at /.

    The bundle's checksums are compared first, and its signature if you name a key. Requests must
    carry the key in LULC_API_KEY, if it is set, as header X-API-Key; without it only this machine
    is served. SIGTERM ends it when what is under way is done.

    Example: lulc serve bundle --trusted-key keys/team.pub
    """
    import uvicorn

    from lulc_assets.core.inference.choose import choose_engine
    from lulc_assets.core.inference.settings import InferenceSettings
    from lulc_assets.core.model.bundle import Bundle
    from lulc_assets.core.serving.app import make_app
    from lulc_assets.core.serving.settings import (
        API_KEY_VARIABLE,
        ServiceSettings,
        require_guarded,
    )

    settings = ServiceSettings(
        api_key=os.environ.get(API_KEY_VARIABLE, ""),
        workers=workers,
        waiting=waiting,
        window_px=window_px,
        max_upload_mb=max_upload_mb,
        items=tuple(items or ()),
    )
    require_guarded(host, settings)
    loaded = Bundle.load(bundle, None, trusted_key=trusted_key)
    wanted = InferenceSettings(precision=precision, threads=threads or None)  # type: ignore[arg-type]
    predictor = choose_engine(loaded, wanted)
    plain_console().print(
        f"serving bundle {loaded.digest[:12]} on http://{host}:{port} "
        f"({'signed' if trusted_key else 'signature not asked for'})"
    )
    uvicorn.run(
        make_app(lambda: predictor, settings), host=host, port=port, log_level="warning",
        timeout_keep_alive=5, server_header=False,
    )  # fmt: skip
