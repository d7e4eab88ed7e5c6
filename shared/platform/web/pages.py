"""Pages: a folder of built files, read once and served with headers that let nothing else in."""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOR_EVER = "public, max-age=31536000, immutable"
"""For files whose name holds a hash of what is in them."""
_ASK = "no-cache"
"""For all others: kept, but asked about each time."""
_TEXT = frozenset({".css", ".html", ".js", ".json", ".svg", ".webmanifest"})
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


def page_routes(
    folder: Path, config: Mapping[str, object], reached: Iterable[str], media: Iterable[str] = ()
) -> Sequence[Route]:
    """One route a file of *folder*, `/` for its index.html, and `/config.json` for *config*.

    A route a file, and none for all: what is no file stays the service's to answer.

    Args:
        folder: What the build made; files below `assets/` are named by what is in them.
        config: What the pages are told.
        reached: Addresses that the pages may speak to, besides their own.
        media: Addresses that video comes from.
    """
    headers = _headers([*map(_origin, reached)], [*map(_origin, media)])
    files = {
        f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in _files(folder)
    }
    files["/"] = files.pop("/index.html")
    files["/config.json"] = orjson.dumps(config)
    return [
        Route(path, _File(path, body, headers).answer, methods=["GET"])
        for path, body in files.items()
    ]


def policy(reached: Sequence[str], media: Sequence[str]) -> str:
    """The Content-Security-Policy of every page (CSP Level 3): all is forbidden but what is named.

    hls.js plays what it fetched from a `blob:`, so media and the video's origin are both named.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(("connect-src 'self'", *reached, *media)),
            "img-src 'self' data:",
            " ".join(("media-src 'self' blob:", *media)),
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _headers(reached: Sequence[str], media: Sequence[str]) -> Mapping[str, str]:
    return {
        "Content-Security-Policy": policy(reached, media),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
    }


class _File:
    """One file, ready to be sent plain or packed."""

    def __init__(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        suffix = Path(path).suffix or ".html"
        self._kind = _KINDS.get(suffix) or mimetypes.guess_type(path)[0]
        self._plain = body
        self._packed = gzip.compress(body, 9, mtime=0) if suffix in _TEXT else b""
        self._tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        lasting = _FOR_EVER if path.startswith("/assets/") else _ASK
        self._headers = {**headers, "Cache-Control": lasting, "ETag": self._tag}

    async def answer(self, request: Request) -> Response:
        """Answer a GET; nothing but headers to who has it already."""
        if self._tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=self._headers)
        if self._packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                self._packed,
                headers={**self._headers, "Content-Encoding": "gzip"},
                media_type=self._kind,
            )
        return Response(self._plain, headers=self._headers, media_type=self._kind)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _origin(address: str) -> str:
    """Scheme, host and port: a path in a policy would forbid what is below it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
