"""The demo's administrator: admin / admin, under DEBUG alone."""

from django.contrib.auth import get_user_model

LOGIN, EMAIL = "admin", "admin@example.com"
"""Name, which is also the password, and address. Without DEBUG the checks refuse this login."""


def add_administrator() -> None:
    """Create the demo's administrator, unless there is an administrator already."""
    users = get_user_model().objects
    if not users.filter(is_superuser=True).exists():
        users.create_superuser(LOGIN, EMAIL, LOGIN)


def opens_admin() -> bool:
    """Whether the demo's login opens the admin."""
    users = get_user_model().objects.filter(is_superuser=True, is_active=True)
    ours = users.filter(username=LOGIN).first()
    return ours is not None and ours.check_password(LOGIN)
