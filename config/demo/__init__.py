"""The demo: invented goods, stock and customers, and orders placed by command."""
