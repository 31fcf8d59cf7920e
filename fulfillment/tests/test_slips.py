"""Packing slips: what they show, and who may print how many."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from fulfillment import services, slips
from fulfillment.models import Shipment
from shop.testing import placed
from tests.support.pdf import text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/fulfillment/shipment/"


def shipment(number: str, state: str = "released", **quantities: int) -> Shipment:
    services.open_shipment([placed(number, **(quantities or {"CUP": 2, "POT": 1}))])
    Shipment.objects.filter(number=number).update(
        state=state, released_at="2026-11-23T12:00Z", cancelled_at=None
    )
    return Shipment.objects.get(number=number)


def member(*codenames: str) -> Client:
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def choose(client: Client, rows: Any) -> Any:
    data = {"action": "packing_slips", "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, data, follow=True)


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_slip_shows_address_number_and_lines_without_prices() -> None:
    (said,) = pages(slips.draw([shipment("SO-100001")]))

    for shown in ("Ada Lovelace", "Weg 1", "10115 Berlin", "GERMANY", "SO-100001", "A CUP", "CUP"):
        assert shown in said
    assert "Pieces in all" in said
    for price in ("11.90", "23.80", "EUR", "1.90"):
        assert price not in said


def test_slip_says_which_date_it_shows() -> None:
    row = shipment("SO-100001")

    (before,) = pages(slips.draw([row]))
    Shipment.objects.update(
        state="dispatched", dispatched_at="2026-11-25T12:00Z", carrier="DHL", tracking_number="1"
    )
    (after,) = pages(slips.draw([Shipment.objects.get()]))

    assert "Released: 23" in before
    assert "Date of supply" not in before
    assert "Date of supply: 25" in after


def test_file_is_in_the_language_of_its_customer() -> None:
    row = shipment("SO-100001")
    row.language = "de"

    drawn = slips.draw([row])
    with translation.override("de"):
        again = slips.draw([row])

    file = PdfReader(BytesIO(drawn))
    assert (file.root_object["/Lang"], file.metadata["/Title"]) == ("de", "Lieferschein")
    assert again == drawn


def test_long_slip_has_pages_that_are_counted() -> None:
    row = shipment("SO-1", **{f"CUP{number}": number + 1 for number in range(100)})

    said = pages(slips.draw([row]))

    assert len(said) > 2
    for number, page in enumerate(said, start=1):
        assert f"Page {number} of {len(said)}" in page
    assert [("5050" in page) for page in said] == [False] * (len(said) - 1) + [True]


def test_each_shipment_starts_on_a_page_of_its_own() -> None:
    said = pages(slips.draw([shipment("SO-1"), shipment("SO-2")]))

    assert ["SO-1" in page for page in said] == [True, False]
    assert all("Page 1 of 1" in page for page in said)


def test_equal_shipments_give_equal_files() -> None:
    row = shipment("SO-1")

    assert slips.draw([row]) == slips.draw([Shipment.objects.get(pk=row.pk)])


NAMES = ["\u0639\u0645\u0631", "\u738b\u5c0f\u660e", "\U0001f600", "x" * 200]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.poppler
def test_any_recipient_can_be_drawn(name: str, tmp_path: Path) -> None:
    row = shipment("SO-1")
    Shipment.objects.update(recipient=name)
    row.refresh_from_db()

    assert name[:10] in text_of(slips.draw([row]), tmp_path).replace("\n", "")


def test_slip_of_one_shipment_opens_from_its_page() -> None:
    row = shipment("SO-1")
    browser = member("view_shipment")

    page = browser.get(f"{LIST}{row.pk}/change/").content.decode()
    answer = browser.get(f"{LIST}{row.pk}/packing-slip/")

    assert f"{LIST}{row.pk}/packing-slip/" in page
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'inline; filename="SO-1.pdf"'


def test_slips_of_a_selection_are_one_file_without_those_not_to_be_packed() -> None:
    rows = [shipment("SO-1"), shipment("SO-2"), shipment("SO-3", state="open")]
    browser = member("view_shipment")

    answer = choose(browser, rows)

    assert len(pages(answer.content)) == 2
    assert "No packing slip: SO-3 (open)." in browser.get(LIST).content.decode()


def test_no_slip_of_cancelled_shipment() -> None:
    row = shipment("SO-1", state="cancelled")

    page = member("view_shipment").get(f"{LIST}{row.pk}/packing-slip/", follow=True)

    assert "No packing slip: SO-1 (cancelled)." in page.content.decode()


def test_too_many_slips_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slips, "MOST_SLIPS", 1)

    page = choose(member("view_shipment"), [shipment("SO-1"), shipment("SO-2")])

    assert "a file has 1 slips at most" in page.content.decode()


def test_slip_needs_permission_to_view_shipments() -> None:
    row = shipment("SO-1")

    assert member("view_order").get(f"{LIST}{row.pk}/packing-slip/").status_code == 403


def test_queries_of_slips_do_not_grow_with_the_selection() -> None:
    browser = member("view_shipment")
    costs = []
    for count in (1, 8):
        rows = [shipment(f"SO-{count}-{number}") for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            choose(browser, rows)
        costs.append(len(queries))

    assert costs[0] == costs[1]
