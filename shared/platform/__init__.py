"""The machinery all services run on; nothing of the domain lives here."""
