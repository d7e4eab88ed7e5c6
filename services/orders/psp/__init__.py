"""Payment service providers: one Protocol, one adapter for each that can be spoken to."""
