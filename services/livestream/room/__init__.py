"""A room as its viewers see it: one picture, written once, sent to all who watch.

    tap ──> hall ──> room ──> ring ──> viewers
                      └ picture

Each replica hears every room's facts from Kafka (`platform/bus/tap.py`) and keeps a room open as
long as somebody watches it here. The picture comes from the database when the room opens and from
the facts heard since; each change of it becomes one frame, numbered in the room's ring; and what
came up within one tick goes to each viewer in one write: on the connection itself, which HTTP has
handed over (`platform/web/handover.py`), as server-sent events or on a WebSocket.
"""
