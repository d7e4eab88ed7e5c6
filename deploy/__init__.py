"""What puts Feira onto machines: the local stack, images, jobs, the demo."""

SERVICES = ("catalog", "orders", "livestream", "notify")
"""The services of a deployment: the one list of them."""
