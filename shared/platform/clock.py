"""What time it is, as a thing that can be handed in."""
