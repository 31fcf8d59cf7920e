"""Log lines hold no personal data, whichever library writes them."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client

from config.logs import SELDOM, Formatter, Seldom
from inventory.services import receive_stock
from shop.models import Product

NAME = "Grace O'Hopper"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the shop's own handler would print."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(settings.LOGGING["formatters"]["line"]["format"]))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_error_is_logged_by_its_kind_and_place(lines: io.StringIO) -> None:
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("somebody").exception("it failed")

    said = lines.getvalue()

    assert "ERROR   somebody: it failed\nTraceback" in said
    assert "test_logs.py" in said
    assert said.endswith("ValueError\n")


def test_mail_address_in_a_line_is_redacted(lines: io.StringIO) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", "/orders/grace@example.com/")

    assert lines.getvalue().endswith("Not Found: /orders/[address]/\n")


def test_values_repeated_by_the_database_are_redacted(lines: io.StringIO) -> None:
    error = IntegrityError(f"duplicate key value\nDETAIL:  Key (name)=({NAME}) exists.")

    logging.getLogger("celery.app.trace").error("Task failed: %r", error)

    assert "Task failed: IntegrityError" in lines.getvalue()
    assert "duplicate key value" in lines.getvalue()
    assert "Grace" not in lines.getvalue()


@pytest.mark.django_db
def test_refusal_that_a_customer_corrects_is_not_logged(lines: io.StringIO) -> None:
    Product.objects.create(sku="INK", name="Ink", unit_price="2.00")
    address = {"line1": "Am Weg 4", "postal_code": "10115", "city": "Berlin", "country": "DE"}
    order = {"email": "grace@example.com", "name": NAME, "shipping_address": address}
    order |= {"lines": [{"sku": "INK", "quantity": 1}]}
    browser = Client()

    refused = browser.post("/api/v1/checkout/", order, content_type="application/json")
    missing = browser.get("/nowhere/")

    assert (refused.status_code, missing.status_code) == (409, 404)
    assert "/checkout/" not in lines.getvalue()
    assert "/nowhere/" in lines.getvalue()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_refused_insert_does_not_log_the_customer(
    lines: io.StringIO,
) -> None:
    product = Product.objects.create(
        sku="INK", name="Ink", unit_price="2.00", tax_rate="0.19", active=True
    )
    receive_stock(product.sku, 5, "a test")
    address = {"line1": "Am Weg 4", "postal_code": "10115", "city": "Berlin", "country": "DE"}
    order = {"email": "grace@example.com", "name": NAME, "shipping_address": address}
    order |= {"lines": [{"sku": product.sku, "quantity": 1}]}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_order ADD CONSTRAINT nobody CHECK (name = '')")

    try:
        answer = Client(raise_request_exception=False).post(
            "/api/v1/checkout/", json.dumps(order), content_type="application/json"
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE orders_order DROP CONSTRAINT nobody")

    said = lines.getvalue()
    assert answer.status_code == 500
    assert 'violates check constraint "nobody"' in said
    assert not [part for part in ("Grace", "Hopper", "grace@", "Am Weg") if part in said]


def said_under_uvicorn(program: str) -> str:
    """What a process says that uvicorn has started: it sets logging up before the application."""
    start = "import logging, uvicorn\nuvicorn.Config('config.asgi:application').load()\n"
    ended = subprocess.run(
        [sys.executable, "-c", start + program],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("name", ["uvicorn.error", "uvicorn.access", "multiprocessing"])
def test_errors_of_server_and_pool_use_the_projects_format(name: str) -> None:
    said = said_under_uvicorn(
        f"try: raise ValueError('Grace')\n"
        f"except ValueError: logging.getLogger({name!r}).exception('it failed')"
    )

    assert "it failed" in said
    assert "Grace" not in said


def test_addresses_of_pages_are_not_logged() -> None:
    said = said_under_uvicorn(
        "logging.getLogger('uvicorn.access').info('GET /admin/orders/order/?q=Grace')"
    )

    assert "Grace" not in said


def said(text: str, at: float, *args: object) -> logging.LogRecord:
    record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, text, args, None)
    record.created = at
    return record


def test_repeated_complaint_of_server_is_logged_once_in_a_while() -> None:
    seldom = Seldom()
    never = "Task exception was never retrieved\nfuture: <Task name='Task-{}' at 0x7f{}a>"

    written = [seldom.filter(said(never.format(n, n), at=100 + n / 100)) for n in range(500)]
    later = said("Task exception was never retrieved\nfuture: <Task-900>", at=100 + SELDOM)

    assert written == [True, *[False] * 499]
    assert seldom.filter(later)
    assert later.getMessage().endswith("(and 499 more like it)")
    assert len(seldom.seen) == 1


def test_another_complaint_of_server_is_logged_at_once() -> None:
    seldom = Seldom()

    assert seldom.filter(said("socket %s was lost", 100.0, 7))
    assert seldom.filter(said("Invalid HTTP request received.", 100.0))
    assert not seldom.filter(said("socket %s was lost", 100.1, 8))
