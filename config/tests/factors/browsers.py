"""What staff do in a browser to log in and to set up an app."""

import re
import time
from base64 import b32decode

from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

LOGIN, CODE, ENROL, OWN = (
    f"/admin/{page}/" for page in ("login", "login/code", "login/enrol", "second-factor")
)
PASSWORD = "a long password"


def code_of(device: TOTPDevice, *, later: int = 0) -> str:
    totp = TOTP(device.bin_key)
    totp.time = time.time() + later
    return f"{totp.token():06}"


def sent_password(browser: Client | None = None, onward: str = "/admin/") -> Client:
    browser = browser or Client()
    answer = browser.post(f"{LOGIN}?next={onward}", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/admin/auth/user/").status_code == 200


def enrolled(browser: Client) -> list[str]:
    """Set up an app as the page says; returns the recovery codes that it shows."""
    page = browser.get(ENROL).content.decode()
    key = re.search(r'id="key">([A-Z2-7 ]+)<', page)
    assert key
    device = TOTPDevice(key=b32decode(key[1].replace(" ", "")).hex())
    answer = browser.post(ENROL, {"code": code_of(device)})
    assert answer["Cache-Control"].count("no-store")
    return re.findall(r"<li>([a-z2-9-]{19})</li>", answer.content.decode())
