"""Redis: its address and keys, the shape of a message, the guarded transport."""
