"""What a browser may load and run on each page (Content Security Policy 3, W3C)."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
"""For every answer but those below: files of this shop alone, and no script or style in a page.

`data:` is for the pictures in the style sheet."""

LAX = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
"""For pages that a package draws: the admin's theme evaluates attributes (Alpine.js) and writes
styles into its pages; the API's description is started by a script in its page."""

DRAWN_BY_PACKAGES = ("/admin/", "/api/docs/")


NOT_FOR = ("application/pdf", "application/json", "application/problem+json")
"""Types that go without a policy. Chromium applies a PDF's to the page of its own viewer; JSON is
never shown as a page (`nosniff`), and writing a policy takes 40 microseconds of a checkout."""


class PolicyMiddleware(CSPMiddleware):
    """Send `CONTENT_SECURITY_POLICY`, with `LAX` where a package draws the page."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.get("Content-Type") in NOT_FOR:
            return response
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(DRAWN_BY_PACKAGES):
            parts.replace = LAX
        return parts
