"""What happens in a worker between a message and its acknowledgement."""
