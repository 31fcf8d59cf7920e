"""An address is written as mail servers want it, and a name can never be more than a name."""

from email import message_from_string, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.mail.address import Unmailable, mailable, mailbox, rewritten, wire
from shop.mail.identity import message_id


def test_domain_is_encoded_by_idna_2008() -> None:
    assert wire("ada@straße.example") == "ada@xn--strae-oqa.example"
    assert wire("ada@faß.straße.example") == "ada@xn--fa-hia.xn--strae-oqa.example"


@pytest.mark.parametrize(
    "address", ["ädä@example.com", "no domain", "a@b\n.de", "=?utf-8?q?=0A?=@b.de", "a@☃.de"]
)
def test_address_without_ascii_form_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(Unmailable) as refusal:
        wire(address)

    assert address not in str(refusal.value)


@pytest.mark.parametrize("address", ["a@shop.corp", "a@b.localdomain", "a@b.test", "a@b.local"])
def test_domains_of_private_networks_are_refused(address: str) -> None:
    with pytest.raises(Unmailable):
        mailable(address)


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "=?utf-8?q?=0A?=",
        "=?utf-8?q?=0D=0ABcc:_boss@example.net?=",
        "=?utf-8?b?PT91dGYtOD9xPz0wQT89?=",
        "=?iso-8859-1?q?a",
        "Ana, Bob <boss@example.net>",
        'O"Hara \\\\',
        "Зоя (admin)",
        "王小明 " * 12,
        "=?x?= ß",
    ],
)
def test_display_name_survives_a_round_trip(name: str) -> None:
    _assert_harmless(name)


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_display_name_cannot_add_header_or_recipient(name: str) -> None:
    _assert_harmless(name)


def test_sender_setting_is_parsed_and_formatted(settings) -> None:  # type: ignore[no-untyped-def]  # pytest-django's fixture
    settings.DEFAULT_FROM_EMAIL = "Müllers Laden <post@straße.example>"

    assert rewritten(settings.DEFAULT_FROM_EMAIL).endswith(" <post@xn--strae-oqa.example>")
    assert message_id("k") == "<k@xn--strae-oqa.example>"


def _assert_harmless(name: str) -> None:
    header = mailbox(name, "ada@straße.example")

    assert header.isascii()
    assert header.isprintable()
    mail = message_from_string(f"To: {header}\n\nHello", policy=policy.default)
    assert list(mail.keys()) == ["To"]
    [address] = mail["To"].addresses
    assert address.addr_spec == "ada@xn--strae-oqa.example"
    visible = "".join(c if c.isprintable() else " " for c in name)
    # The parser of the standard library puts a blank between two encoded words; mail programs
    # and `decode_header` do not (RFC 2047, 6.2).
    assert address.display_name.replace(" ", "") == "".join(visible.split())
    phrase = header.removesuffix(" <ada@xn--strae-oqa.example>")
    if phrase.startswith("=?"):
        assert str(make_header(decode_header(phrase))) == " ".join(visible.split())
