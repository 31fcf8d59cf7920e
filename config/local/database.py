"""What the shop needs in its database before it starts: tables, goods, staff, subscriptions."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from billing import folder
from bus.worker.registration import register
from config.demo import administrator
from config.roles import add_missing_groups
from shop.models import Product


def prepare() -> None:
    """Bring the database up to date; under DEBUG fill an empty one. Safe to repeat."""
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    folder.claim()
    add_missing_groups()
    if settings.DEBUG:
        if not Product.objects.exists():
            call_command("seed")
        administrator.add_administrator()
    register()


def admin_login() -> str:
    """How to log in to the admin, as `welcome` prints it."""
    if settings.DEBUG and administrator.opens_admin():
        return f"{administrator.LOGIN} / {administrator.LOGIN}"
    if get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
        return "an administrator's own password"
    return "there is no administrator yet; run `manage.py createsuperuser`"
