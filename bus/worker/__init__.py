"""The worker: from a message to its acknowledgement."""
