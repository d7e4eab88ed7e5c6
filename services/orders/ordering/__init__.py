"""Ordering: one order from the basket to its completion, with its payments, parcels and returns."""
