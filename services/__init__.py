"""Feira's services; each stands on shared and knows nothing of the others."""
