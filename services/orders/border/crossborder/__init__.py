"""Cross-border: by which way goods reach the buyer, within which limits, and what is due for it.

`quote` is the door: lines in, sub-orders with their duty out. What it decides by stands in the
dated tables under `rules`; a buyer's year stands in `quota`.
"""
