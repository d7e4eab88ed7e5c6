"""The border: what goods cost on their way to the mainland, who hears of them, who carries them."""
