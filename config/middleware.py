"""The middleware of each request, from the outside in."""

STANDARD = (
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "shop.middleware.LanguageMiddleware",
    "shop.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shop.middleware.NulMiddleware",
    "config.factors.sessions.StaffMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.tracing.trace_requests",
)


def middleware(*, with_failpoints: bool) -> list[str]:
    """With failpoints, a test can stop the process before an answer."""
    stop = ["config.crashpoints.stop_before_the_answer"] if with_failpoints else []
    return [*STANDARD, *stop]
