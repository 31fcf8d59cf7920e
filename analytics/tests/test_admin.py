"""Staff read each figure in the currency of its row."""

import pytest
from django.urls import reverse

from analytics import services
from analytics.models import FIGURES
from analytics.tests.events import line, placed, rejected

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("figures", FIGURES, ids=lambda figures: figures.__name__)
def test_amounts_have_places_of_their_currency(admin_client, figures):
    services.record_sales([placed("SO-1"), placed("SO-2", line(price="1200"), currency="JPY")])
    services.record_rejections([rejected("SO-3")])
    name = f"admin:analytics_{figures._meta.model_name}"
    yen = figures.objects.get(currency="JPY")

    listed = admin_client.get(reverse(f"{name}_changelist")).content.decode()
    shown = admin_client.get(reverse(f"{name}_change", args=[yen.pk])).content.decode()

    assert "11.90 EUR" in listed
    for page in (listed, shown):
        assert "1,200 JPY" in page
        assert "1,200.00" not in page
        assert "1200.00" not in page
