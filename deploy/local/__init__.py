"""All of Feira on a bare machine: a real Kafka, a real MongoDB, the services, and no Docker."""
