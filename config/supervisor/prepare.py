"""What the shop needs in its database before it starts: tables, goods, staff, subscriptions."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from billing import folder
from bus.registration import register
from config.checks.leftovers import DEMO_EMAIL, DEMO_LOGIN
from config.roles import add_missing_groups
from shop.models import Product


def prepare() -> None:
    """Bring the database up to date; on a laptop fill it where it is empty. Safe to repeat."""
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    folder.claim()
    add_missing_groups()
    if settings.DEBUG:
        _fill()
    register()


def _fill() -> None:
    """Demo goods and a login that everybody knows: the checks refuse both without DEBUG."""
    if not Product.objects.exists():
        call_command("seed")
    if not get_user_model().objects.filter(is_superuser=True).exists():
        get_user_model().objects.create_superuser(DEMO_LOGIN, DEMO_EMAIL, DEMO_LOGIN)


def admin_login() -> str:
    """How to get into the admin, in words."""
    administrators = get_user_model().objects.filter(is_superuser=True, is_active=True)
    if settings.DEBUG:
        demo = administrators.filter(username=DEMO_LOGIN).first()
        if demo and demo.check_password(DEMO_LOGIN):
            return f"{DEMO_LOGIN} / {DEMO_LOGIN}"
    if administrators.exists():
        return "with a password of your own"
    return "nobody yet: create an administrator with `manage.py createsuperuser`"
