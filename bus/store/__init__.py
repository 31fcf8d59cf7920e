"""The statements of the bus: every change of a delivery's state, and all hand-written SQL."""
