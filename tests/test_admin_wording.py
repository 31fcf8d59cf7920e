"""Everything in the admin is written in sentence case: "Order confirmation"."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import RequestFactory

pytestmark = pytest.mark.django_db

NAMES = {"CloudEvents", "English", "Deutsch"}
"""Words with a capital of their own; abbreviations such as SKU need not be listed."""


@pytest.fixture
def request_of_staff(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    return request


def labels(page: admin.ModelAdmin, request: HttpRequest) -> Iterator[str]:
    """The labels of a model's list, filters, actions and form."""
    model = page.model
    yield from map(str, (model._meta.verbose_name, model._meta.verbose_name_plural))
    lists = page.get_list_display(request)
    row = model()
    form = page.get_form(request, row, change=True)()
    fieldsets = page.get_fieldsets(request, row)
    for name in {*lists, *flatten_fieldsets(fieldsets)} - set(form.fields):
        yield str(label_for_field(name, model, page))
    yield from (str(field.label) for field in form.fields.values())
    yield from (str(title) for title, _ in fieldsets if title)
    for spec in page.get_changelist_instance(request).filter_specs:
        yield str(spec.title)
    yield from (str(title) for _, _, title in page.get_actions(request).values())
    yield from (str(one.description) for one in page.get_actions_list(request))
    for field in model._meta.concrete_fields:
        if "Country" not in type(field).__name__:
            yield from (str(label) for _, label in field.flatchoices)


def titled(label: str) -> list[str]:
    """Words after the first one that begin with a capital for no reason."""
    words = re.findall(r"\w+", label)
    return [word for word in words[1:] if re.match("[A-Z][a-z]", word) and word not in NAMES]


def test_admin_is_written_in_sentence_case(request_of_staff: HttpRequest) -> None:
    admin.autodiscover()
    found = {
        (model._meta.label, label)
        for model, page in admin.site._registry.items()
        for label in labels(page, request_of_staff)
    }

    assert len({model for model, _ in found}) > 15
    assert {one for one in found if titled(one[1])} == set()


def test_word_with_a_capital_is_found() -> None:
    assert titled("Order Confirmation of the PDF") == ["Confirmation"]
    assert titled("E-Mail") == ["Mail"]
    assert titled("Message-ID") == []
