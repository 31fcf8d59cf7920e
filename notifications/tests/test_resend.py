"""Mails that staff have sent again."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bus.models import Event, PersonalData
from bus.testing import given, settle
from notifications import services
from notifications.audit import done_without_effect, no_mail_is_stuck
from notifications.models import Message, State
from notifications.tests import samples
from tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def confirmation(mail_server: MailServer) -> Message:
    given(samples.order_confirmed())
    settle("notifications")
    return Message.objects.get()


@pytest.fixture
def staff(settings: Any) -> Client:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    client = Client()
    client.force_login(User.objects.create_superuser("frida", password=None))
    return client


def test_resend_has_its_own_message_id(confirmation: Message, mail_server: MailServer) -> None:
    services.request_resend(confirmation, by="frida")
    settle("notifications")

    first, again = mail_server.mails
    repeat = Message.objects.get(original=confirmation)
    assert again["Subject"] == first["Subject"]
    assert again["Message-ID"] == repeat.message_id != first["Message-ID"]
    assert repeat.state == State.SENT
    assert (repeat.asked_by, repeat.asked_at is not None) == ("frida", True)


def test_double_click_on_resend_sends_one_mail(
    confirmation: Message, mail_server: MailServer
) -> None:
    services.request_resend(confirmation, by="frida")
    with pytest.raises(services.AlreadyRequested, match="SO-100042"):
        services.request_resend(confirmation, by="frida")
    settle("notifications")

    assert len(mail_server.mails) == 2


def test_resent_mail_can_be_resent(confirmation: Message, mail_server: MailServer) -> None:
    services.request_resend(confirmation, by="frida")
    settle("notifications")
    services.request_resend(Message.objects.get(original=confirmation), by="otto")
    settle("notifications")

    assert len(mail_server.mails) == 3
    assert set(confirmation.repeats.values_list("asked_by", flat=True)) == {"frida", "otto"}


def test_resend_is_refused_above_recipient_budget(
    confirmation: Message, mail_server: MailServer
) -> None:
    for _ in range(5):
        services.request_resend(confirmation, by="frida")
        settle("notifications")

    with pytest.raises(services.NotResendable, match="5 times within an hour"):
        services.request_resend(confirmation, by="otto")

    Message.objects.filter(original=confirmation).update(
        asked_at=timezone.now() - timedelta(hours=2)
    )
    services.request_resend(confirmation, by="otto")
    settle("notifications")
    assert len(mail_server.mails) == 7


def test_no_mail_is_sent_after_erasure(confirmation: Message, mail_server: MailServer) -> None:
    PersonalData.objects.all().delete()
    services.request_resend(confirmation, by="frida")
    settle("notifications")

    assert len(mail_server.mails) == 1


def test_resend_action_publishes_and_sends_nothing_itself(
    confirmation: Message, mail_server: MailServer, staff: Client
) -> None:
    page = reverse("admin:notifications_message_changelist")

    staff.post(page, {"action": "send_again", "_selected_action": [confirmation.pk]})

    assert len(mail_server.mails) == 1
    assert Event.objects.filter(type="MailResendRequested", data__by="frida").count() == 1


def test_get_request_sends_nothing(
    confirmation: Message, mail_server: MailServer, staff: Client
) -> None:
    button = reverse("admin:notifications_message_send_this_again", args=[confirmation.pk])

    dialog = staff.get(button)
    requested_by_a_link = Event.objects.filter(type="MailResendRequested").count()
    staff.post(button, {"_form_submitted": "True"})

    assert "csrfmiddlewaretoken" in dialog.content.decode()
    assert requested_by_a_link == 0
    assert Event.objects.filter(type="MailResendRequested").count() == 1


def test_resend_needs_its_permission(confirmation: Message, mail_server: MailServer) -> None:
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_message"))
    client = Client()
    client.force_login(viewer)
    page = reverse("admin:notifications_message_changelist")

    button = reverse("admin:notifications_message_send_this_again", args=[confirmation.pk])

    client.post(page, {"action": "send_again", "_selected_action": [confirmation.pk]})
    client.post(button, {"_form_submitted": "True"})

    assert not Event.objects.filter(type="MailResendRequested").exists()


def test_staff_find_mails_by_order_subject_and_address(
    confirmation: Message, staff: Client
) -> None:
    page = reverse("admin:notifications_message_changelist")

    for wanted in (samples.NUMBER, "Your order", "jm@example.org"):
        found = staff.get(page, {"q": wanted, "state__exact": "sent"})
        assert samples.NUMBER in found.content.decode()
    assert "0 results" in staff.get(page, {"q": "SO-9"}).content.decode()


def test_preview_is_sandboxed(confirmation: Message, staff: Client) -> None:
    page = reverse("admin:notifications_message_change", args=[confirmation.pk])

    shown = staff.get(page).content.decode()

    assert '<iframe sandbox srcdoc="' in shown
    assert "&lt;!DOCTYPE html&gt;" in shown
    assert "placed on 23 November 2026 at 10:15" in shown


def test_preview_survives_erasure(confirmation: Message, staff: Client) -> None:
    PersonalData.objects.all().delete()
    page = reverse("admin:notifications_message_change", args=[confirmation.pk])

    assert "was erased" in staff.get(page).content.decode()


def test_audit_finds_done_mail_without_its_record(confirmation: Message) -> None:
    assert list(done_without_effect()) == []

    confirmation.delete()

    [finding] = done_without_effect()
    assert samples.NUMBER in f"{finding.subject} {finding.what}"


def test_audit_finds_mail_that_never_ended(confirmation: Message) -> None:
    assert list(no_mail_is_stuck()) == []

    Message.objects.update(state=State.SENDING, sent_at=None, begun_at=samples.PLACED_AT)

    [finding] = no_mail_is_stuck()
    assert finding.subject == samples.NUMBER


def test_mail_whose_delivery_is_still_open_is_no_finding(confirmation: Message) -> None:
    Message.objects.update(state=State.SENDING, sent_at=None, begun_at=samples.PLACED_AT)

    services.request_resend(confirmation, by="frida")

    assert list(no_mail_is_stuck()) == []
