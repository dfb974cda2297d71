"""Building a policy from its file: each part checks what the schema cannot, and every fault is found in one go."""
