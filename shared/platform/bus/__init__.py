"""Kafka: facts out by the one relay, events in by the one subscriber."""
