"""Staff at the packing board: they dispatch some of what the warehouse was told, in the admin."""

import re
import threading
import uuid
from contextlib import suppress

import httpx
import psycopg

from tests.chaos.stage import Stage

EVERY = 2.0
"""Seconds between two parcels."""

NEXT = (
    "SELECT id FROM fulfillment_shipment WHERE state = 'released' AND dispatched_at IS NULL "
    "ORDER BY id DESC LIMIT 1"
)
TRIES = 3
"""How often a form is sent whose answer did not come: it takes effect once, by its token."""
FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
BOARD = "/admin/fulfillment/packingboard/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Staff:
    """One person, signed in as `admin`, who starts over when the shop was away."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sent = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="staff")

    def start(self) -> None:
        env = {"DJANGO_SUPERUSER_PASSWORD": "admin"}
        self.stage.env |= env
        self.stage.manage(
            "createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.com"
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _work(self) -> None:
        while not self._stop.is_set():
            with (
                suppress(httpx.HTTPError, psycopg.Error, OSError, TypeError),
                httpx.Client(base_url=self.stage.url, timeout=20, trust_env=False) as browser,
            ):
                self._sign_in(browser)
                while not self._stop.wait(EVERY):
                    self._send_one(browser)
            self._stop.wait(1)

    def _sign_in(self, browser: httpx.Client) -> None:
        page = browser.get("/admin/login/")
        form = {"username": "admin", "password": "admin", "csrfmiddlewaretoken": _token(page)}
        browser.post("/admin/login/?next=/admin/", data=form)

    def _send_one(self, browser: httpx.Client) -> None:
        rows = self.stage.books.rows(NEXT)
        if not rows:
            return
        pk = rows[0][0]
        page = browser.get(BOARD)
        form = {
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            "form_token": _token(page, FORM_TOKEN),
            "dispatch": str(pk),
            f"{pk}-carrier": "DHL",
            f"{pk}-tracking_number": uuid.uuid4().hex[:12],
        }
        for _ in range(TRIES):
            with suppress(httpx.HTTPError):
                answer = browser.post(BOARD, data=form)
                if not answer.is_server_error:
                    self.sent += answer.status_code == httpx.codes.FOUND
                    return
            self._stop.wait(1)


def _token(page: httpx.Response, pattern: re.Pattern[str] = TOKEN) -> str:
    found = pattern.search(page.text)
    return found[1] if found else ""
