"""What the services have in common: the published language, the way to say no, the platform."""
