"""The published language: every event, money, ids and text. Imports nothing of ours."""
