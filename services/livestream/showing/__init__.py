"""Showing: what a room pins and offers, the goods and sellers behind it, what it has sold."""
