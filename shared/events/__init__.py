"""The published language: every event, money, ids and text. Imports nothing of ours."""

from shared.events import catalog, livestream, notify, orders

__all__ = ["catalog", "livestream", "notify", "orders"]
