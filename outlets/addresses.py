"""Which addresses a webhook may be sent to: public ones, and those that a setting allows.

Staff enter the address of an endpoint, so it must not reach what only this machine reaches: other
services of the network, or the cloud's metadata (OWASP: server-side request forgery).
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError

Address = IPv4Address | IPv6Address

INTERNAL = {ip_address("168.63.129.16")}
"""Public by its number, and yet the host of Azure's virtual machines."""

NAT64 = ip_network("64:ff9b::/96")


class AddressRefused(ConnectionError):
    """A webhook may not be sent there."""


def check_url(url: str) -> None:
    """Whether an endpoint may have this address, as far as its text tells.

    Raises:
        ValidationError: with the way out.
    """
    try:
        parts = httpx.URL(url)
        parts.raw_host.decode().encode("idna")  # as the resolver does: refuses labels
    except (httpx.InvalidURL, ValueError) as error:
        raise ValidationError("Enter an address like https://example.com/webhooks.") from error
    schemes = ("https", "http") if settings.DEBUG else ("https",)
    if parts.scheme not in schemes or not parts.host:
        raise ValidationError("Enter an address that begins with https://.")
    if parts.port is not None and not 0 < parts.port < 65536:
        raise ValidationError("Enter the address with a port from 1 to 65535, or without one.")
    if parts.userinfo or parts.fragment:
        raise ValidationError("Enter the address without user, password and #.")
    try:
        address = ip_address(parts.host)
    except ValueError:
        return  # a name, which is judged whenever it is looked up
    if not is_allowed(address):
        raise ValidationError(refusal(parts.host))


def is_allowed(address: Address) -> bool:
    """Whether it is public, or in OUTLET_PRIVATE_NETWORKS."""
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = plain or address
    networks = map(ip_network, settings.OUTLET_PRIVATE_NETWORKS)
    return any(address in network for network in networks) or is_public(address)


def is_public(address: Address) -> bool:
    """Whether the whole internet reaches it, and nothing in between translates it."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address in INTERNAL:
        return False
    if isinstance(address, IPv4Address):
        return True
    # These hold an IPv4 address, which a gateway may take for the target.
    translated = address.sixtofour or address.teredo or address in NAT64
    return not (translated or address.is_site_local)


async def allowed_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host that may be connected to, in the resolver's order.

    Raises:
        AddressRefused: it has others only, or a part of its name is empty or too long.
        OSError: the name cannot be resolved.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise AddressRefused(f"{host} cannot be the name of a host.") from error
    texts = dict.fromkeys(str(target[0]) for *_, target in found)
    allowed = [text for text in texts if is_allowed(ip_address(text.partition("%")[0]))]
    if not allowed:
        raise AddressRefused(refusal(host))
    return allowed


def refusal(host: str) -> str:
    return (
        f"{host} is not a public address. If webhooks may go there, add its network to "
        "OUTLET_PRIVATE_NETWORKS."
    )
