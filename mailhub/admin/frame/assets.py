"""Style sheets, scripts and icons: read once, compressed once, named by what is in them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mailhub.errors import MailhubError

FOLDER = Path(__file__).parents[1] / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class AssetsMissing(MailhubError):
    """The style sheets of others were not brought in (`make install` does; a wheel carries them)."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed, with the mark that its address carries."""

    plain: bytes
    packed: bytes
    media_type: str
    mark: str


@cache
def assets() -> dict[str, Asset]:
    """Every file of `static/`, by its path there.

    Raises:
        AssetsMissing
    """
    if not (FOLDER / "vendor" / "tabler.min.css").exists():
        raise AssetsMissing(f"{FOLDER / 'vendor'} is empty: run `make install`, which brings the web's style sheets")
    files = (path for path in FOLDER.rglob("*") if path.suffix in _TYPES)
    return {str(path.relative_to(FOLDER)): _load(path) for path in sorted(files)}


def address_of(name: str) -> str:
    """`/static/app.css?v=0a1b2c3d`: another address when the file is another one, so that browsers keep it."""
    return f"/static/{name}?v={assets()[name].mark}"


def serve_asset(request: Request) -> Response:
    """GET /static/…; only what `assets` names, so no path leads out of the folder."""
    asset = assets().get(request.path_params["name"])
    if asset is None:
        return PlainTextResponse("404", 404)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "public, max-age=31536000, immutable"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(asset.packed if packed else asset.plain, media_type=asset.media_type, headers=headers)


def _load(path: Path) -> Asset:
    plain = path.read_bytes()
    mark = hashlib.sha256(plain).hexdigest()[:10]
    return Asset(plain, gzip.compress(plain, 9, mtime=0), _TYPES[path.suffix], mark)
