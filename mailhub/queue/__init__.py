"""Who still has to get which message, and when: the durable queue and its timeline."""
