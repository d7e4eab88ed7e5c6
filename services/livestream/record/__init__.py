"""The record: what a session has to be able to show of itself, and for how long it is kept."""
