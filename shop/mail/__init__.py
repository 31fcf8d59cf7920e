"""Sending mails: over SMTP, or into a folder on a development machine."""
