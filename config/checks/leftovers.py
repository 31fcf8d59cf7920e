"""Demo data in the database, which a real shop must not have."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import OperationalError, ProgrammingError
from django.db.models import Q

from config.checks.check import Check
from config.demo.administrator import EMAIL, LOGIN
from config.demo.seeding import on_sale


def check_staff() -> Check:
    """Without DEBUG, admin / admin does not open the admin."""
    what, why = "Demo login", "staff see customers and place orders in the admin"
    if settings.DEBUG:
        return Check(what, "allowed, because of DEBUG", why)
    ours = Q(username=LOGIN) | Q(email=EMAIL)
    users = get_user_model().objects.filter(ours, is_active=True)
    try:
        known = [user.get_username() for user in users if user.check_password(LOGIN)]
    except (OperationalError, ProgrammingError) as error:
        return Check.unread(what, error, why)
    if known:
        fix = f"Run `manage.py changepassword {known[0]}`, or set DEBUG=1 on a laptop."
        return Check(what, f"{known[0]} / {LOGIN} opens the admin", why, fix)
    return Check(what, "none", why)


def check_goods() -> Check:
    """Without DEBUG, none of the demo goods is on sale."""
    what, why = "Demo goods", "customers pay for what they order"
    if settings.DEBUG:
        return Check(what, "allowed, because of DEBUG", why)
    try:
        count = len(on_sale())
    except (OperationalError, ProgrammingError) as error:
        return Check.unread(what, error, why)
    if count:
        fix = "Run `manage.py seed --remove`, or set DEBUG=1 on a laptop."
        return Check(what, f"{count} are on sale", why, fix)
    return Check(what, "none", why)
