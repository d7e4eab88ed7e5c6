"""The command line of the project: `feira`."""

import sys


def main() -> None:
    """Run a command; what it cannot do it says in one sentence."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must hear this, not a traceback
        sys.exit(
            "Feira needs Python 3.11 or newer; this is " + sys.version.split(maxsplit=1)[0] + "."
        )
    if sys.platform == "win32":
        sys.exit("Feira runs on Linux and macOS; on Windows, run it in WSL.")
    from deploy.cli.app import run  # noqa: PLC0415 - only a Python that can read it gets here

    run()
