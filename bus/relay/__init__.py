"""The relay: it moves events into the ledger, and due deliveries into the broker."""
