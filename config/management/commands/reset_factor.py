"""Removes a user's second factor, for who has lost phone and recovery codes."""

import logging
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.factors import devices

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Removes the second factor of a user, who then logs in with the password alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(f"There is no user {username!r}.") from None
        if not devices.remove(user):
            raise CommandError(f"{username} has no second factor.")
        log.warning("The second factor of user %s is reset by manage.py", user.pk)
        self.stdout.write(f"The second factor of {username} is reset.")
