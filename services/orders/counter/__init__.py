"""The counter: tills, their shifts and leases, what is sold at them, the receipts they print."""
