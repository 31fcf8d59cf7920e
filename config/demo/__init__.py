"""A small shop to look at: goods, stock and customers, all invented."""
