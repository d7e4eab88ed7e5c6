"""What notify hears and hands on: all of the published language, which names nobody."""

from collections.abc import Mapping

import shared.events
from shared.events.base import Event, catalogue

PUBLIC: Mapping[str, type[Event]] = {
    name: event
    for name, event in sorted(catalogue.items())
    if event.__module__.startswith(f"{shared.events.__name__}.")
}
"""Every event of our services by its type; what else a process may have declared is not said."""
