"""The form by which a second factor is reset."""

from django.contrib.auth.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.submissions.case import Case, changes
from tests.submissions.rows import page_of


def a_user_with_an_app() -> User:
    user = User.objects.create_user("grace", is_staff=True)
    TOTPDevice.objects.create(user=user, name="app")
    return user


FACTORS = {
    "user.reset_factor": Case(
        lambda: page_of("auth_user_reset_factor", a_user_with_an_app().pk),
        {},
        changes("change", "user"),
        ("is reset",),
    ),
}
