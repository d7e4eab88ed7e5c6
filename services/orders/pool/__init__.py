"""The pool: where each unit of a SKU is, the deals and listings that offer it, the goods it is."""
