"""Django's settings of staff's accounts: login, passwords, sessions."""

from datetime import timedelta
from typing import Any

WORKING_DAY = timedelta(hours=12)


def accounts(shop_name: str) -> dict[str, Any]:
    """The settings; `shop_name` is how a phone's app calls the account."""
    return {
        "LOGIN_URL": "admin:login",
        "LOGIN_REDIRECT_URL": "admin:index",
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        ],
        "SESSION_COOKIE_AGE": int(WORKING_DAY.total_seconds()),
        "OTP_TOTP_ISSUER": shop_name,
    }
