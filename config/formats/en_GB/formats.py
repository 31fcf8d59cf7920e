"""Instants with a clock of 24 hours, as the shop's pages and mails show them."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
