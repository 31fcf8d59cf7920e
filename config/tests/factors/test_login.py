"""The login with a second factor: password, code, enrolment, lock-out."""

import time
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.tests.factors.browsers import (
    CODE,
    ENROL,
    LOGIN,
    OWN,
    code_of,
    enrolled,
    is_in,
    sent_password,
)

pytestmark = pytest.mark.django_db


def test_password_alone_opens_nothing_for_who_has_an_app(device: TOTPDevice) -> None:
    browser = sent_password()

    assert not is_in(browser)
    assert "_auth_user_id" not in browser.session
    assert browser.get(LOGIN).status_code == 200
    assert browser.get(ENROL).headers["Location"] == CODE
    assert browser.get(reverse("analytics:dashboard")).status_code == 302
    assert browser.get("/admin/bus/console/board/stream/").status_code == 302


def test_code_opens_session_with_new_key_and_leads_on(device: TOTPDevice) -> None:
    browser = sent_password(onward="/admin/auth/user/")
    before = browser.session.session_key

    answer = browser.post(CODE, {"code": code_of(device)})

    assert answer["Location"] == "/admin/auth/user/"
    assert is_in(browser)
    assert browser.session.session_key != before
    assert browser.session.get_expiry_age() == 12 * 60 * 60


def test_login_does_not_lead_to_another_site(device: TOTPDevice) -> None:
    browser = sent_password(onward="//evil.example/")

    assert browser.post(CODE, {"code": code_of(device)})["Location"] == "/admin/"


def test_code_opens_one_session_only(device: TOTPDevice) -> None:
    first, second = sent_password(), sent_password()
    code = code_of(device)

    first.post(CODE, {"code": code})
    answer = second.post(CODE, {"code": code})

    assert is_in(first)
    assert "was used before" in answer.content.decode()
    assert not is_in(second)


def test_code_without_password_opens_nothing(device: TOTPDevice) -> None:
    browser = Client()

    assert browser.post(CODE, {"code": code_of(device)})["Location"] == LOGIN
    assert browser.get(ENROL)["Location"] == LOGIN
    assert browser.get(OWN)["Location"] == LOGIN


def test_password_is_forgotten_after_ten_minutes_or_a_change(device: TOTPDevice, ada: User) -> None:
    browser, other = sent_password(), sent_password()
    with time_machine.travel(time.time() + 601):
        assert browser.post(CODE, {"code": code_of(device)})["Location"] == LOGIN
    ada.set_password("another long password")
    ada.save()

    assert other.post(CODE, {"code": code_of(device)})["Location"] == LOGIN


def test_wrong_codes_lock_the_account_in_every_browser(device: TOTPDevice) -> None:
    """The database counts them, so in every process."""
    for _ in range(4):
        TOTPDevice.objects.update(throttling_failure_timestamp=None)
        assert sent_password().post(CODE, {"code": "000000"}).status_code == 200

    refused = sent_password().post(CODE, {"code": code_of(device)})

    assert refused.status_code == 429
    assert 4 <= int(refused["Retry-After"]) <= 9
    with time_machine.travel(time.time() + 20):
        later = sent_password()
        later.post(CODE, {"code": code_of(device)})
        assert is_in(later)


def test_codes_use_up_a_budget(device: TOTPDevice) -> None:
    answers = []
    for number in range(7):
        TOTPDevice.objects.update(throttling_failure_timestamp=None)
        answer = sent_password().post(CODE, {"code": "000000"}, REMOTE_ADDR=f"10.0.0.{number}")
        answers.append(answer.status_code)

    assert answers == [200] * 5 + [429] * 2


def test_staff_must_enrol_before_anything_else(required: None) -> None:
    browser = sent_password()

    assert not is_in(browser)
    assert browser.get(CODE)["Location"] == ENROL
    codes = enrolled(browser)
    assert len(set(codes)) == 10
    assert is_in(browser)
    assert browser.get(ENROL)["Location"] == OWN


def test_session_of_a_password_ends_when_factor_is_required(settings: Any) -> None:
    browser = sent_password()
    assert is_in(browser)

    settings.STAFF_SECOND_FACTOR = True

    assert not is_in(browser)


def test_wrong_code_enrols_nothing(required: None) -> None:
    browser = sent_password()
    browser.get(ENROL)

    answer = browser.post(ENROL, {"code": "123456"})

    assert "This code is wrong" in answer.content.decode()
    assert not TOTPDevice.objects.exists()
    assert not is_in(browser)
