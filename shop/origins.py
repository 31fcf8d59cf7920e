"""Which site a request comes from, by what its browser says."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest


def is_from_another_site(request: HttpRequest) -> bool:
    """By headers that browsers send and no script can change (Fetch Metadata, RFC 6454).

    Programs send neither of them and are from no other site.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin not in (settings.SITE_URL, _here(request))


def _here(request: HttpRequest) -> str:
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return settings.SITE_URL
