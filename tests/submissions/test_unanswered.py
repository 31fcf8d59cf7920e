"""A form of the admin whose COMMIT is not answered: it says so, and can be sent again."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from inventory.services import receive_stock
from shop.models import Product
from tests.submissions.cases import CASES, filled
from tests.support.proxy import Wire
from tests.support.wires import wired

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

FORMS = ["stockitem.receive_stock", "order.add as placed", "order.cancel"]


@pytest.mark.parametrize("mode", [Wire.COMMIT_UNANSWERED, Wire.COMMIT_LOST])
@pytest.mark.parametrize("name", FORMS)
def test_form_without_commit_answer_acts_once_when_repeated(name: str, mode: Wire) -> None:
    Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    receive_stock("CUP", 50, "first delivery")
    staff = Client()
    staff.force_login(User.objects.create_superuser("staff", password="x"))
    case = CASES[name]
    address, form = filled(staff, case)
    before = case.count()

    with wired() as wire:
        wire.set(mode)
        lost = staff.post(address, form)
    again = staff.post(address, form)

    assert lost.status_code == 503
    assert "may have been saved" in lost.content.decode()
    assert "takes effect once" in lost.content.decode()
    assert again.status_code == 302
    assert case.count() == before + 1
