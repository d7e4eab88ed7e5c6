"""Directing: a session from its plan to its archive, who runs it and is there, what comes when."""
