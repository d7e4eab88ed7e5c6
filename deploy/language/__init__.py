"""The published language, written down for those outside: generated, never edited."""
