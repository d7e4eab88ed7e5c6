"""Container images: one Dockerfile, and what can be checked of it without an engine."""
