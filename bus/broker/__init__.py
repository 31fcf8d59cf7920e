"""The brokers: their addresses and transports, keys in Redis, the shape of a message."""
