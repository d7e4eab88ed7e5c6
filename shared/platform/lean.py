"""Lean: what libraries bring along and no service needs. Its process imports this before all else.

structlog and httpx load rich where there is one, to draw for people at a terminal: 6 MiB of each
process, and a quarter of a second of its start.
"""

import sys
from typing import Any, cast

for _name in ("rich", "httpx._main"):
    cast("dict[str, Any]", sys.modules).setdefault(_name, None)  # as if it were not installed
