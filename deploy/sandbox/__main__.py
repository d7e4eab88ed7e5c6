"""`python -m deploy.sandbox`: take the sockets, read the book, open the doors."""

import os
import signal
import socket
import sys
from types import FrameType

import uvicorn

from deploy.sandbox.app import build, smtp_at
from deploy.sandbox.ledger import BrokenBook, Ledger
from deploy.sandbox.settings import BadSetting, Settings
from deploy.sandbox.signing import Signer

BACKLOG = 1024


def main() -> int:
    # The HTTP server raises the signal again once it has shut down; by then leaving is success.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        settings = Settings.read(os.environ)
        http = _listen(settings.host, settings.port)
        smtp = _listen(settings.host, settings.smtp_port)
        ledger = Ledger(settings.state)
        signer = Signer(settings.secret, settings.private_key)
    except ValueError as error:
        sys.stderr.write(f"sandbox: FEIRA_SANDBOX_PRIVATE_KEY: {error}\n")
        return 2
    except (BadSetting, BrokenBook, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = settings.url or f"http://{host}:{http.getsockname()[1]}"
    app = build(settings, ledger, signer, url, smtp)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=2, ws="none"
    )
    sys.stdout.write(f"sandbox: {url} and {smtp_at(url, smtp)}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[http])
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


if __name__ == "__main__":
    sys.exit(main())
