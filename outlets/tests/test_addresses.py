"""Where webhooks may go."""

import asyncio
from ipaddress import ip_address
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from outlets.addresses import AddressRefused, allowed_addresses, check_url, is_allowed

INTERNAL = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001::1",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_address_is_refused(address: str) -> None:
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_network_of_the_setting_is_allowed(settings: Settings, address: str) -> None:
    settings.OUTLET_PRIVATE_NETWORKS = ["10.1.2.0/24"]

    assert is_allowed(ip_address(address))
    assert not is_allowed(ip_address("10.1.3.3"))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001"])
def test_name_is_judged_by_its_addresses(host: str) -> None:
    with pytest.raises(AddressRefused, match="OUTLET_PRIVATE_NETWORKS"):
        asyncio.run(allowed_addresses(host, 443))


def test_internal_addresses_of_a_name_are_left_out(monkeypatch: Any) -> None:
    async def lookup(*_args: Any, **_options: Any) -> list[Any]:
        return [(0, 0, 0, "", (text, 443)) for text in ("10.0.0.1", "93.184.216.34", "::1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)

    assert asyncio.run(allowed_addresses("example.com", 443)) == ["93.184.216.34"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/", "begins with https"),
        ("ftp://example.com/", "begins with https"),
        ("example.com", "begins with https"),
        ("https:///path", "begins with https"),
        ("https://user:password@example.com/", "without user"),
        ("https://example.com/#part", "without user"),
        ("https://[::1/", "Enter an address like"),
        ("https://.example.com/", "Enter an address like"),
        ("https://a..example.com/", "Enter an address like"),
        (f"https://{'a' * 70}.example.com/", "Enter an address like"),
        ("https://example.com:99999999/", "from 1 to 65535"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://[::ffff:10.0.0.1]/", "not a public address"),
    ],
)
def test_bad_address_is_refused_in_the_form(url: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.com/hook?a=1", "https://bücher.example:8443/", "https://example.com./"],
)
def test_address_of_a_name_is_accepted(url: str) -> None:
    check_url(url)


def test_laptop_may_use_http(settings: Settings) -> None:
    settings.DEBUG = True

    check_url("http://example.com/")
