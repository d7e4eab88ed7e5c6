"""Calls to systems that are not ours, on addresses that others may have chosen."""
