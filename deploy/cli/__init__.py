"""The command line of the project: `feira`."""

import sys


def main() -> None:
    """Run a command; what it cannot do it says in one sentence."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must hear this, not a traceback
        sys.exit(
            "Feira needs Python 3.11 or newer; this is " + sys.version.split(maxsplit=1)[0] + "."
        )
    from deploy.cli.app import run  # noqa: PLC0415 - only a Python that can read it gets here

    run()
