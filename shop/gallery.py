"""The pictures of products over HTTP.

An address stands for one content for good, since the digest or version in it changes with the
picture. So browsers and proxies may keep it.
"""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from shop import drawings
from shop.models import Picture

KEPT = "public, max-age=31536000, immutable"
"""For a year, without asking again on a reload (RFC 8246)."""

POLICY = "default-src 'none'; sandbox"
"""A picture opened by itself loads and runs nothing."""


@require_safe
def drawing(request: HttpRequest, motif: str, seed: str, version: str) -> HttpResponse:
    """A drawing; an earlier version's address leads to today's."""
    try:
        current = drawings.version(motif)
    except KeyError:
        raise Http404 from None
    if version != current:
        return redirect("drawing", motif, seed, current)
    tag = f"{motif}-{seed}-{version}"
    return _kept(request, tag, "image/svg+xml", lambda: drawings.draw(motif, seed).encode())


@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    """An uploaded picture."""
    return _uploaded(request, digest, "large")


@require_safe
def thumbnail(request: HttpRequest, digest: str) -> HttpResponse:
    """An uploaded picture, smaller."""
    return _uploaded(request, digest, "small")


def _uploaded(request: HttpRequest, digest: str, size: str) -> HttpResponse:
    def content() -> bytes:
        found = Picture.objects.filter(pk=digest).values_list(size, flat=True).first()
        if found is None:
            raise Http404
        return bytes(found)

    return _kept(request, f"{digest}-{size}", "image/webp", content)


def _kept(
    request: HttpRequest, tag: str, media_type: str, content: Callable[[], bytes]
) -> HttpResponse:
    """The content under its ETag; 304 without reading it to a client that has it."""
    etag = f'"{tag}"'
    known = parse_etags(request.headers.get("If-None-Match", ""))
    answer: HttpResponse
    if etag in known:
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(content(), content_type=media_type)
    answer["ETag"] = etag
    answer["Cache-Control"] = KEPT
    answer["Content-Security-Policy"] = POLICY
    return answer
