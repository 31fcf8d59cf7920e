"""Recovery codes, a user's own settings, and the reset by an operator."""

import re
import time

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.factors import devices
from config.tests.factors.browsers import (
    CODE,
    OWN,
    code_of,
    enrolled,
    is_in,
    sent_password,
)
from tests.support.staff import member

pytestmark = pytest.mark.django_db


def test_recovery_code_opens_once_and_is_kept_as_a_hash(ada: User) -> None:
    first = sent_password()
    codes = enrolled(first)
    kept = StaticToken.objects.values_list("token", flat=True)

    with time_machine.travel(time.time() + 60):
        opened, again = sent_password(), sent_password()
        opened.post(CODE, {"code": codes[0].upper()})
        again.post(CODE, {"code": codes[0]})

        assert is_in(opened)
        assert not is_in(again)
    assert len(kept.all()) == 9
    assert not {code.replace("-", "") for code in codes} & {one.lower() for one in kept}


def test_locked_app_leaves_the_recovery_codes(ada: User) -> None:
    codes = enrolled(sent_password())
    with time_machine.travel(time.time() + 60):
        sent_password().post(CODE, {"code": "000000"})
        assert sent_password().post(CODE, {"code": "000000"}).status_code == 429

        browser = sent_password()
        browser.post(CODE, {"code": codes[0]})

        assert is_in(browser)


def test_password_that_another_host_took_a_moment_later_opens_the_next_step(ada: User) -> None:
    enrolled(sent_password())
    with time_machine.travel(time.time() + 60):
        browser = sent_password()
    with time_machine.travel(time.time() + 59):
        assert browser.get(CODE).status_code == 200


def test_enrolling_ends_other_sessions_of_the_password() -> None:
    first, second = sent_password(), sent_password()

    enrolled(first)

    assert is_in(first)
    assert not is_in(second)


def test_own_page_renews_recovery_codes_and_removes_the_app_with_a_code(ada: User) -> None:
    browser = sent_password()
    old = enrolled(browser)
    device = devices.device_of(ada)
    assert device
    assert "10 recovery codes are left" in browser.get(OWN).content.decode()
    assert "code is wrong" in browser.post(OWN, {"code": "000000", "renew": ""}).content.decode()

    with time_machine.travel(time.time() + 60):
        page = browser.post(OWN, {"code": code_of(device), "renew": ""}).content.decode()
    new = re.findall(r"<li>([a-z2-9-]{19})</li>", page)
    assert len(new) == 10
    assert not set(old) & set(new)

    browser.post(OWN, {"code": new[0], "remove": ""})
    assert devices.device_of(ada) is None


def test_operator_resets_the_factor_of_others_on_the_record(ada: User) -> None:
    browser, bob = member("operator"), User.objects.create_user("bob", is_staff=True)
    eve = User.objects.get(username="eve")
    for user in (ada, bob):
        TOTPDevice.objects.create(user=user)

    def reset(user: User) -> int:
        page = f"/admin/auth/user/{user.pk}/reset-factor/"
        return browser.post(page, {"_form_submitted": "True"}).status_code

    assert reset(ada) == 403  # a superuser
    assert reset(eve) == 403  # oneself
    assert reset(bob) == 302
    assert devices.device_of(bob) is None
    assert devices.device_of(ada)
    assert LogEntry.objects.get().change_message == "Second factor reset"
    assert reset(bob) == 403  # has none any more


def test_reset_ends_the_sessions_of_the_app(ada: User) -> None:
    browser = sent_password()
    enrolled(browser)

    call_command("reset_factor", "ada")

    assert not is_in(browser)
    with pytest.raises(CommandError, match="ada has no second factor"):
        call_command("reset_factor", "ada")
    with pytest.raises(CommandError, match="There is no user 'bob'"):
        call_command("reset_factor", "bob")


def test_admin_has_no_pages_of_keys(admin_client: Client) -> None:
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert admin_client.get(f"/admin/{model}/").status_code == 404
