"""Where spans are sent."""

from django.core.exceptions import ImproperlyConfigured

from bus.extras import lack

SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"


def collector(url: str) -> str:
    """The address of an OpenTelemetry collector; empty: nothing is recorded.

    Raises:
        ImproperlyConfigured: it is no address, or what sends spans is not installed.
    """
    if not url:
        return ""
    if not url.startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            f"{SETTING} is {url!r}; set it to an address like http://localhost:4318, where a "
            "collector takes OTLP over HTTP."
        )
    if lacking := lack("tracing", "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"):
        raise ImproperlyConfigured(f"{SETTING} {lacking}")
    return url.rstrip("/")
