"""Browsers in which a member of staff is signed in."""

from django.contrib.auth.models import Group, User
from django.test import Client

from config.roles import add_missing_groups


def member(role: str, name: str = "eve") -> Client:
    """A member of staff in the group of this role."""
    add_missing_groups()
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.groups.set([Group.objects.get(name=role)])
    browser = Client()
    browser.force_login(user)
    return browser
