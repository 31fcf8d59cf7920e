"""Every setting of the shop, read from the environment here and nowhere else (see .env.example)."""

import os
from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured

from config.accounts import accounts
from config.broker import broker, has_broadcasts, key_prefix
from config.collector import collector
from config.csp import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from config.database import LARGEST_PORT, database
from config.environment import Environment
from config.logs import logging_as
from config.mail import mail_address, mail_server, mailbox, mailboxes
from config.middleware import middleware
from config.process import hand_to_libraries, leave_out_httpx_command
from config.rest import REST_FRAMEWORK as REST_FRAMEWORK
from config.rest import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.site import allowed_hosts, networks, site_url
from config.template_engine import TEMPLATES as TEMPLATES
from config.theme import unfold
from shop.budgets import Rate, read_budgets

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR)
env.read_file(
    env.path("ENV_FILE", default=".env"),
    named_by="ENV_FILE" if env.str("ENV_FILE") else "",
)

# `make` sets DEBUG_UNLESS_SET; DEBUG itself, in the environment or the file, wins.
DEBUG = env.bool("DEBUG", default=os.environ.get("DEBUG_UNLESS_SET") == "1")
SECRET_KEY = env.secret("SECRET_KEY", default="only-for-a-laptop" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is empty. Set it to a long random text, or set DEBUG=1 on a laptop."
    )
SECRET_KEY_FALLBACKS = env.secrets_list("SECRET_KEY_FALLBACKS")
VAR_DIR = env.path("VAR_DIR", default="var")
# What `manage.py up` has made, where none is set (config.local.personal_key).
PERSONAL_KEY_FILE = VAR_DIR / "personal.key"
_made_key = PERSONAL_KEY_FILE.read_text().strip() if PERSONAL_KEY_FILE.is_file() else ""
BUS_PERSONAL_KEYS = env.secrets_list("PERSONAL_KEYS") or ([_made_key] if _made_key else [])
PORT = env.int("PORT", default=8000, least=1, most=LARGEST_PORT)
FLOWER_PORT = env.int("FLOWER_PORT", default=5555, least=1, most=LARGEST_PORT)
FLOWER_AUTH = env.secret("FLOWER_AUTH")
SITE_URL = site_url(env.str("SITE_URL", default=f"http://localhost:{PORT}"))
ALLOWED_HOSTS = allowed_hosts(env.list("ALLOWED_HOSTS"), SITE_URL)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "shop.views.untrusted_form"
if SITE_URL.startswith("https://"):
    # A proxy ends TLS and sends this header. Staff's cookies then never go over plain HTTP.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    # Strict-Transport-Security and the redirect to HTTPS: the proxy has both (docs/deploy.md).
    SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
FILE_UPLOAD_PERMISSIONS = 0o600
LOGGING = logging_as(env.str("LOG_FORMAT", default="console"))

# --- Apps, middleware, pages ---------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # without a site of its own
    "unfold.contrib.filters",
    "config.apps.PagesConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_countries",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "config",
    "orders",
    "notifications",
    "inventory",
    "billing",
    "fulfillment",
    "analytics",
    "outlets",
    "shop",
    "bus",
]
# A folder with which tests stop processes; see bus/failpoints.py. Empty: off.
BUS_FAILPOINTS = env.str("CRASH_POINTS", default="")
MIDDLEWARE = middleware(with_failpoints=bool(BUS_FAILPOINTS))
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Staff's pages, the API and the logs are in the first; customers choose among them.
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}; set it to a name like Europe/Berlin.")
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR_DIR / "documents"
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not DEBUG)

# --- The database --------------------------------------------------------------------------------

DATABASE_POOLER = env.bool("DATABASE_POOLER", default=False)
DATABASES = {
    "default": database(
        env.secret("DATABASE_URL"),
        {
            "HOST": env.str("DATABASE_HOST"),
            "PORT": env.int("DATABASE_PORT", default=5432, least=1, most=LARGEST_PORT),
            "NAME": env.str("DATABASE_NAME", default="shop"),
            "USER": env.str("DATABASE_USER", default="shop"),
            "PASSWORD": env.secret("DATABASE_PASSWORD"),
        },
        var_dir=VAR_DIR,
        folder=BASE_DIR,
        pooler=DATABASE_POOLER,
    )
}

# --- The broker and the bus ----------------------------------------------------------------------

BUS_KEY_PREFIX = key_prefix(env.optional("REDIS_PREFIX"))
_broker_setting, _broker_url = broker(
    env.secret("BROKER_URL"),
    env.secret("REDIS_URL"),
    host=env.str("REDIS_HOST"),
    port=env.int("REDIS_PORT", default=6379, least=1, most=LARGEST_PORT),
    password=env.secret("REDIS_PASSWORD"),
)
# With none of them set, `manage.py up` starts a server of its own and writes its address to this
# file, for commands in another terminal and workers started by hand.
REDIS_URL_FILE = VAR_DIR / "redis.url"
WITHOUT_BROKER, REDIS_EMBEDDED = _broker_url is None, _broker_url == ""
WITH_FLOWER = has_broadcasts(_broker_url)
_embedded_url = REDIS_URL_FILE.read_text() if REDIS_EMBEDDED and REDIS_URL_FILE.is_file() else ""
BUS_REDIS_URL = _broker_url or _embedded_url.strip()
BUS_SOURCE = SITE_URL
BUS_METRICS_PORT = env.int("METRICS_PORT", default=0, least=1, most=LARGEST_PORT)
BUS_METRICS_HOST = env.str("METRICS_HOST", default="127.0.0.1")
BUS_METRICS_PREFIX = "shop"
OTEL_EXPORTER_OTLP_ENDPOINT = collector(env.str("OTEL_EXPORTER_OTLP_ENDPOINT"))
BUS_READ_FROM = {
    "BUS_REDIS_URL": _broker_setting,
    "BUS_KEY_PREFIX": "REDIS_PREFIX",
    "BUS_FAILPOINTS": "CRASH_POINTS",
    "BUS_METRICS_PORT": "METRICS_PORT",
    "BUS_PERSONAL_KEYS": "PERSONAL_KEYS",
    "DATABASES": "DATABASE_URL",
}

WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2, least=1, most=200)
WORKER_MAX_MEMORY_MB = env.int("WORKER_MAX_MEMORY_MB", default=400, least=150, most=1_000_000)

# --- Limits for visitors -------------------------------------------------------------------------

TRUSTED_PROXIES = networks("TRUSTED_PROXIES", env.list("TRUSTED_PROXIES"))
MOST_CONNECTIONS = env.int("MOST_CONNECTIONS", default=500, least=10, most=100_000)
BUDGETS: dict[str, Rate] = read_budgets(
    {
        "CHECKOUTS_PER_ADDRESS": env.str("CHECKOUTS_PER_ADDRESS", default="600/10m"),
        "CHECKOUTS_PER_RECIPIENT": env.str("CHECKOUTS_PER_RECIPIENT", default="20/h"),
        "CHECKOUTS_IN_ALL": env.str("CHECKOUTS_IN_ALL", default="6000/10m"),
        "CANCELLATIONS_PER_ADDRESS": env.str("CANCELLATIONS_PER_ADDRESS", default="600/10m"),
        "LOGINS_PER_ACCOUNT": env.str("LOGINS_PER_ACCOUNT", default="5/15m"),
        "LOGINS_PER_ADDRESS": env.str("LOGINS_PER_ADDRESS", default="30/15m"),
    }
)
PIECES_PER_LINE = env.int("PIECES_PER_LINE", default=100, least=1, most=10_000)
PIECES_PER_ORDER = env.int("PIECES_PER_ORDER", default=500, least=1, most=1_000_000)

# --- Mail and the warehouse ----------------------------------------------------------------------

EMAIL_URL = env.secret("EMAIL_URL")
vars().update(mail_server(EMAIL_URL))
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = mailbox(
    "DEFAULT_FROM_EMAIL", env.sample("DEFAULT_FROM_EMAIL", "The Shop <shop@example.com>")
)
WAREHOUSE_URL = env.secret("WAREHOUSE_URL")
WAREHOUSE_SECRET = env.secret("WAREHOUSE_SECRET")
WAREHOUSE_EMAIL = mailboxes(
    "WAREHOUSE_EMAIL",
    env.sample("WAREHOUSE_EMAIL", "warehouse@example.com", may_be_empty=True),
)

# Who is alerted when a delivery dies or a queue stands still; see config/alerts.py.
OPERATORS = mailboxes("OPERATORS", env.str("OPERATORS"))
OPERATORS_WEBHOOK = env.secret("OPERATORS_WEBHOOK")

# --- Events for other systems --------------------------------------------------------------------

OUTLET_WEBHOOKS = env.bool("OUTLET_WEBHOOKS", default=False)
# Where webhooks may go besides public addresses; a laptop's consumer is on the laptop.
OUTLET_PRIVATE_NETWORKS = networks(
    "OUTLET_PRIVATE_NETWORKS",
    env.list("OUTLET_PRIVATE_NETWORKS", ["127.0.0.0/8", "::1"] if DEBUG else []),
)
# Authorities of one's own network, whose consumers have certificates of theirs.
OUTLET_CA_CERTS = env.str("OUTLET_CA_CERTS")
# Where all events are streamed to (docs/outlets.md), by the names of `outlets.destinations.kinds`.
OUTLET_EVENTS = env.list("OUTLET_EVENTS")
OUTLETS = {
    "kafka": env.secret("OUTLET_KAFKA_URL"),
    "nats": env.secret("OUTLET_NATS_URL"),
    "rabbitmq": env.secret("OUTLET_RABBITMQ_URL"),
    "sns": env.secret("OUTLET_SNS_URL"),
    "sqs": env.secret("OUTLET_SQS_URL"),
    "pubsub": env.secret("OUTLET_PUBSUB_URL"),
}

# --- The shop ------------------------------------------------------------------------------------

CURRENCY = env.str("CURRENCY", default="EUR")
SHOP_NAME = env.str("SHOP_NAME", default="The Shop")
vars().update(accounts(SHOP_NAME))
SELLER = {
    "name": env.sample("SELLER_NAME", "The Shop GmbH"),
    "line1": env.sample("SELLER_LINE1", "Musterstrasse 1"),
    "line2": env.str("SELLER_LINE2"),
    "postal_code": env.sample("SELLER_POSTAL_CODE", "10115", may_be_empty=True, common=True),
    "city": env.sample("SELLER_CITY", "Berlin", common=True),
    "region": env.str("SELLER_REGION"),
    "country": env.sample("SELLER_COUNTRY", "DE", common=True),
    "vat_id": env.sample("SELLER_VAT_ID", "DE123456789", may_be_empty=True),
    "email": mail_address("SELLER_EMAIL", env.sample("SELLER_EMAIL", "billing@example.com")),
    "iban": env.sample("SELLER_IBAN", "DE02120300000000202051", may_be_empty=True),
    "bic": env.str("SELLER_BIC"),
}
SELLER_LANGUAGE = env.str("SELLER_LANGUAGE", default="en")
PAYMENT_TERMS_DAYS = env.int("PAYMENT_TERMS_DAYS", default=14, least=0, most=365)
env.refuse_misspelled()
hand_to_libraries(env.others())
leave_out_httpx_command()
SAMPLES = tuple(env.samples)

UNFOLD = unfold(SHOP_NAME)
