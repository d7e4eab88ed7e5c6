"""People: who buys and who receives, sealed in the vault and known elsewhere by tokens alone."""
