"""Pricing: what is asked and paid, what coupons take off, exchange rates, sums shared out."""
