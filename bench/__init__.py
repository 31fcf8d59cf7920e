"""What the shop costs, beside the ways in which the same is usually built."""
