"""Every setting of the shop, read from the environment here and nowhere else (see .env.example)."""

from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from config.environment import Environment
from config.logs import LOGGING as LOGGING

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-a-laptop" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is empty. Set it to a long random text, or set DEBUG=1 on a laptop."
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PORT = env.int("PORT", default=8000)
FLOWER_PORT = env.int("FLOWER_PORT", default=5555)
FLOWER_AUTH = env.str("FLOWER_AUTH", default="")
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
if SITE_URL.startswith("https://"):
    # TLS ends at a proxy, which says so. Cookies of staff then never travel in the clear.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
VAR_DIR = BASE_DIR / env.path("VAR_DIR", default="var")()

# --- What the house is made of -------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls loads the pages, for the web alone
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_countries",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "orders",
    "notifications",
    "inventory",
    "billing",
    "fulfillment",
    "analytics",
    "shop",
    "bus",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "shop.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shop.middleware.NulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.tracing.trace_requests",
]
# Where processes can be stopped by tests; see bus/crashpoints.py. Empty: nowhere.
CRASH_POINTS = env.str("CRASH_POINTS", default="")
if CRASH_POINTS:
    MIDDLEWARE.append("config.crashing.stop_before_the_answer")
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}; set it to one like Europe/Berlin.")
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR_DIR / "documents"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- The database --------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'shop.sqlite3'}"),
}
_database = DATABASES["default"]
# What DATABASE_URL says, as in ?sslmode=require, wins over the defaults below.
_asked = _database.pop("OPTIONS", {})
if _database["ENGINE"].endswith("sqlite3"):
    # Without IMMEDIATE a transaction that reads before it writes fails at once, in spite of the
    # time-out, when another process has written in between.
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # FULL: with WAL and NORMAL, what was committed last is gone after a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        **_asked,
    }
elif _database["ENGINE"].endswith("postgresql"):
    _database["CONN_HEALTH_CHECKS"] = True
    # A frozen process that holds a row lock is cut off.
    _limits = (
        "-c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=15s"
    )
    _database["OPTIONS"] = {
        # What a connection has done five times is planned no more.
        "server_side_binding": True,
        "prepare_threshold": 5,
        # A server that is gone without a farewell is noticed in 25 s; by itself Linux takes hours.
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
        **_asked,
        # PostgreSQL reads them in this order: of two values the later one is in force.
        "options": " ".join(filter(None, (_limits, _asked.get("options")))),
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must name postgres:// or sqlite://.")

# Workers and the relay keep their connection; for the web server see config/asgi.py.
_database["CONN_MAX_AGE"] = None

# --- The broker ----------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
BROKER_URL = env.str("BROKER_URL", default=REDIS_URL)
# With neither set, `manage.py up` starts a server of its own and leaves its address in this file,
# where a second terminal, or a worker started by hand, finds it.
REDIS_URL_FILE = VAR_DIR / "redis.url"
REDIS_EMBEDDED = not BROKER_URL
if REDIS_EMBEDDED and REDIS_URL_FILE.is_file():
    REDIS_URL = BROKER_URL = REDIS_URL_FILE.read_text().strip()

WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)
WORKER_MAX_MEMORY_MB = env.int("WORKER_MAX_MEMORY_MB", default=400)

# --- The outside world ---------------------------------------------------------------------------

if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
    if not EMAIL_PORT:  # noqa: F821 -- set by the line above
        EMAIL_PORT = 465 if "EMAIL_USE_SSL" in vars() else 587 if "EMAIL_USE_TLS" in vars() else 25
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
# Django's own cannot tell a refused mail from one that may have been taken, and puts several
# mails into one file.
EMAIL_BACKEND = {
    "django.core.mail.backends.smtp.EmailBackend": "shop.mail.SmtpBackend",
    "django.core.mail.backends.filebased.EmailBackend": "shop.mail.FolderBackend",
}.get(EMAIL_BACKEND, EMAIL_BACKEND)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="The Shop <shop@example.com>")
WAREHOUSE_URL = env.str("WAREHOUSE_URL", default="")
WAREHOUSE_SECRET = env.str("WAREHOUSE_SECRET", default="")
WAREHOUSE_EMAIL = env.str("WAREHOUSE_EMAIL", default="warehouse@example.com")
if WAREHOUSE_URL and not WAREHOUSE_SECRET:
    raise ImproperlyConfigured("WAREHOUSE_URL is set but WAREHOUSE_SECRET is empty; set both.")

# --- The shop ------------------------------------------------------------------------------------

CURRENCY = env.str("CURRENCY", default="EUR")
SHOP_NAME = env.str("SHOP_NAME", default="The Shop")
SELLER = {
    "name": env.str("SELLER_NAME", default="The Shop GmbH"),
    "line1": env.str("SELLER_LINE1", default="Musterstrasse 1"),
    "line2": env.str("SELLER_LINE2", default=""),
    "postal_code": env.str("SELLER_POSTAL_CODE", default="10115"),
    "city": env.str("SELLER_CITY", default="Berlin"),
    "country": env.str("SELLER_COUNTRY", default="DE"),
    "vat_id": env.str("SELLER_VAT_ID", default="DE123456789"),
    "email": env.str("SELLER_EMAIL", default="billing@example.com"),
    "iban": env.str("SELLER_IBAN", default="DE02120300000000202051"),
}

REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["shop.parsers.SmallJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "shop.answers.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The shop",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shop.schema.name_a_product",
    ],
}
UNFOLD = {
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_SYMBOL": "storefront",
    "SIDEBAR": {"navigation": "config.navigation.navigation"},
    "STYLES": [lambda _request: static("config/admin.css")],
    # Teal, the shop's accent in mails, pages and documents.
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#134e4a",
            "900": "#103f3c",
            "950": "#042f2e",
        }
    },
}
