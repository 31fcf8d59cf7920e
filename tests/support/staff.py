"""Browsers in which a member of staff is signed in."""

from django.contrib.auth.models import Group, User
from django.test import Client

from config.roles import add_missing_groups


def member(role: str) -> Client:
    """Eve, in the group of this name."""
    add_missing_groups()
    user = User.objects.create_user("eve", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user)
    return browser
