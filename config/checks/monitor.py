"""Somebody can log in to Flower."""

from django.conf import settings

from config.checks.check import Check

WHY = "without a login Flower would answer everybody"


def check_flower_login() -> Check:
    user, colon, password = settings.FLOWER_AUTH.partition(":")
    if settings.FLOWER_AUTH and not (user and colon and password):
        return Check("FLOWER_AUTH", "is not user:password", WHY, "Set FLOWER_AUTH=user:password.")
    if settings.FLOWER_AUTH:
        return Check("FLOWER_AUTH", f"login {user}", WHY)
    made_up = "admin / admin, because of DEBUG" if settings.DEBUG else "made up at each start"
    return Check("FLOWER_AUTH", f"empty: {made_up}", WHY)
