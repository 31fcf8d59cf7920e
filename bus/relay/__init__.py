"""The relay: fans out events, claims due deliveries and sends them."""
