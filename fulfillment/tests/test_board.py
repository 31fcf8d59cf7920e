"""The packing board in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfillment import services
from fulfillment.models import Shipment
from shop.testing import cancelled, placed

pytestmark = pytest.mark.django_db

BOARD = "/admin/fulfillment/packingboard/"


def signed_in(*codenames: str) -> Client:
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def packer() -> Client:
    return signed_in("dispatch_shipment")


def release(*numbers: str) -> None:
    services.open_shipment([placed(number, CUP=2, POT=1) for number in numbers])
    for minute, number in enumerate(numbers):
        Shipment.objects.filter(number=number).update(
            state="released", released_at=f"2026-11-23T12:{minute:02}Z"
        )


def post(client: Client, number: str, **fields: str) -> object:
    pk = Shipment.objects.get(number=number).pk
    data = {f"{pk}-{name}": value for name, value in fields.items()}
    return client.post(BOARD, {"dispatch": pk, **data}, follow=True)


def test_board_shows_shipments_by_number(packer: Client) -> None:
    release("SO-2", "SO-1")
    services.open_shipment([placed("SO-3", CUP=1)])

    page = packer.get(BOARD)

    assert [parcel.shipment.number for parcel in page.context["parcels"]] == ["SO-1", "SO-2"]
    html = page.content.decode()
    for shown in ("Ada Lovelace", "Weg 1", "im Hof", "10115 Berlin", "GERMANY", "A CUP"):
        assert shown in html


def test_board_formats_address_by_country(packer: Client) -> None:
    release("SO-1")
    Shipment.objects.update(
        recipient="山田太郎", line1="千代田1-1", line2="", city="千代田区", region="東京都",
        postal_code="100-0001", country="JP",
    )  # fmt: skip

    html = packer.get(BOARD).content.decode()

    assert html.index("100-0001") < html.index("千代田1-1") < html.index("山田太郎")
    assert html.index("山田太郎") < html.index("JAPAN")


def test_packer_dispatches_parcel(packer: Client) -> None:
    release("SO-1")

    page = post(packer, "SO-1", carrier="DHL", tracking_number="JD0001")

    assert Shipment.objects.get().state == "dispatched"
    assert "SO-1 left with DHL JD0001." in page.content.decode()
    assert LogEntry.objects.get().user.username == "eve"


def test_empty_form_shows_error_beside_its_parcel(packer: Client) -> None:
    release("SO-1", "SO-2")

    page = post(packer, "SO-2", carrier="DHL", tracking_number="")

    forms = {p.shipment.number: p.form for p in page.context["parcels"]}
    assert page.status_code == 422
    assert forms["SO-2"].errors == {"tracking_number": ["Enter the tracking number."]}
    assert not forms["SO-1"].is_bound


def test_board_marks_required_fields(packer: Client) -> None:
    release("SO-1")

    page = packer.get(BOARD).content.decode()

    for label in ("Carrier", "Tracking number"):
        assert f'{label}<span class="star">*</span></label>' in page


def test_board_shows_a_refusal(packer: Client) -> None:
    release("SO-1")
    services.cancel_shipment([cancelled("SO-1", CUP=2, POT=1)])

    page = post(packer, "SO-1", carrier="DHL", tracking_number="1")

    assert "SO-1 was cancelled: do not send the goods." in page.content.decode()


def test_button_of_missing_shipment_is_answered(packer: Client) -> None:
    for data in ({"take_back": "99"}, {"take_back": "x"}, {}):
        page = packer.post(BOARD, data, follow=True)

        assert "There is no such shipment." in page.content.decode()


def test_recalled_parcels_are_listed_until_they_are_back(packer: Client) -> None:
    release("SO-1")
    post(packer, "SO-1", carrier="DHL", tracking_number="JD0001")
    services.cancel_shipment([cancelled("SO-1", CUP=2, POT=1)])

    before = packer.get(BOARD)
    after = packer.post(BOARD, {"take_back": Shipment.objects.get().pk}, follow=True)

    assert "To be returned" in before.content.decode()
    assert "SO-1 is back." in after.content.decode()
    assert "To be returned" not in after.content.decode()


def test_board_is_searched_by_order_number_and_has_pages(packer: Client) -> None:
    release(*(f"SO-{n}" for n in range(100, 125)))

    first = packer.get(BOARD)
    found = packer.get(BOARD, {"q": "SO-111"})

    assert first.context["page"].paginator.num_pages == 2
    assert [p.shipment.number for p in found.context["parcels"]] == ["SO-111"]


def test_board_shows_all_again_after_a_searched_parcel_is_dispatched(packer: Client) -> None:
    release("SO-1", "SO-2")
    pk = Shipment.objects.get(number="SO-1").pk
    data = {"dispatch": pk, f"{pk}-carrier": "DHL", f"{pk}-tracking_number": "JD0001"}

    found = packer.get(BOARD, {"q": "SO-1"}).content.decode()
    after = packer.post(f"{BOARD}?q=SO-1", data, follow=True)
    elsewhere = packer.post(f"{BOARD}?page=2", {"take_back": "99"})

    assert f'<a href="{BOARD}">Show all</a>' in found
    assert [p.shipment.number for p in after.context["parcels"]] == ["SO-2"]
    assert "Show all" not in after.content.decode()
    assert elsewhere["Location"] == f"{BOARD}?page=2"


def test_queries_do_not_grow_with_the_board(packer: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            packer.get(BOARD)
        return len(queries)

    release("SO-1")
    one = cost()
    release("SO-2", "SO-3", "SO-4")

    assert cost() == one


def test_board_needs_its_permission() -> None:
    client = signed_in("view_shipment")

    assert client.get(BOARD).status_code == 403
    assert client.post(BOARD, {"dispatch": "1"}).status_code == 403


def test_shipments_are_read_only() -> None:
    release("SO-1")
    client = signed_in("view_shipment", "dispatch_shipment")
    pk = Shipment.objects.get().pk

    assert client.get(reverse("admin:fulfillment_shipment_changelist")).status_code == 200
    page = client.get(reverse("admin:fulfillment_shipment_change", args=[pk]))
    assert "A CUP" in page.content.decode()
    assert client.get(reverse("admin:fulfillment_shipment_add")).status_code == 403
