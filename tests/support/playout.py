"""A playout server for tests: one folder of video, sent to pages of any origin."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from typing_extensions import override


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """Serve the files of *folder* for every session alike; yields the address."""

    class Door(SimpleHTTPRequestHandler):
        @override
        def translate_path(self, path: str) -> str:
            return str(folder / Path(path).name)

        @override
        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
