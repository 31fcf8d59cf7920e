"""Lists of the admin refuse lookups that cannot run."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
LISTS = {"auth_user": "date_joined", "orders_order": "cancelled_at"}
UNREADABLE = (
    "{}__year=0",
    "{}__year=10000",
    "{}__year__gte=" + "9" * 25,
    "{}__iso_year=0",
    "id__range=1",
)
PATTERNS = ("id__regex=(", "{}__iregex=(a%2B)%2B$", "number__regex=.")


@pytest.mark.parametrize("query", UNREADABLE + PATTERNS)
@pytest.mark.parametrize("page", LISTS)
def test_list_refuses_query_the_database_cannot_answer(
    admin_client: Client, page: str, query: str
) -> None:
    admin_client.raise_request_exception = False
    address = f"{reverse(f'admin:{page}_changelist')}?{query.format(LISTS[page])}"

    answer = admin_client.get(address)

    assert answer.status_code == 400
    assert "The request cannot be read." in answer.content.decode()


def test_list_filters_by_valid_values(admin_client: Client) -> None:
    User.objects.create_user("roberta-k")
    users = reverse("admin:auth_user_changelist")

    assert "roberta-k" in admin_client.get(f"{users}?username__contains=robert").content.decode()
    assert "roberta-k" not in admin_client.get(f"{users}?date_joined__year=1999").content.decode()
