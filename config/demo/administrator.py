"""The administrator that a laptop gets: admin / admin."""

from django.contrib.auth import get_user_model

LOGIN, EMAIL = "admin", "admin@example.com"
"""The name, which is the password too, and the address. Without DEBUG the checks refuse both."""


def add_administrator() -> None:
    """Create the demo's administrator where there is none at all."""
    users = get_user_model().objects
    if not users.filter(is_superuser=True).exists():
        users.create_superuser(LOGIN, EMAIL, LOGIN)


def opens_admin() -> bool:
    """Whether the demo's login opens the admin."""
    users = get_user_model().objects.filter(is_superuser=True, is_active=True)
    ours = users.filter(username=LOGIN).first()
    return ours is not None and ours.check_password(LOGIN)
