"""Invalid settings are refused with one sentence: setting and way out."""

import pytest

from config.tests.reading import HEX, refusal


def test_tests_run_with_the_shops_settings() -> None:
    assert refusal() == ""


REFUSED = [
    # What cannot be read.
    ("ENV_FILE", "/nowhere/at/all.env"),
    ("DEBUG", "perhaps"),
    ("PORT", "0"),
    ("FLOWER_PORT", "http"),
    ("SITE_URL", "shop.example.com"),
    ("SITE_URL", "ftp://shop.example.com"),
    ("SITE_URL", "https://shop.example.com/shop"),
    ("SITE_URL", "https://shop.example.com:port"),
    ("SITE_URL", "https://user@shop.example.com"),
    ("SITE_URL", "https://shop example.com"),
    ("SITE_URL", "https://[::1"),
    ("ALLOWED_HOSTS", "https://shop.example.com"),
    ("ALLOWED_HOSTS", "shop.example.com:443"),
    ("ALLOWED_HOSTS", "shop.example.com example.org"),
    ("ALLOWED_HOSTS", "'shop.example.com'"),
    ("DATABASE_URL", "garbage"),
    ("DATABASE_URL", "mysql://shop:s3cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3cret@host:xx/shop"),
    ("DATABASE_URL", "postgres://shop:s3/cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3?cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3#cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3cret@host"),
    ("DATABASE_URL", "postgres://[::1"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite://:memory:"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_PORT", "-1"),
    ("DATABASE_POOLER", "transaction"),
    ("DATABASE_POOLER", "1"),  # and SQLite
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "sqs://guest@localhost"),
    ("REDIS_URL", "sentinel://:s3cret@host:26379/0"),
    ("REDIS_URL", "redis://:s3/cret@host/0"),
    ("REDIS_URL", "redis://:s3#cret@host/0"),
    ("REDIS_URL", "redis://host/zero"),
    ("REDIS_URL", "redis://host/0?socket_timeout=3"),
    ("REDIS_URL", "rediss://host/0?ssl_cert_reqs=none"),
    ("REDIS_URL", "rediss://host/0?ssl_cert_reqs=CERT_NONE"),
    ("REDIS_URL", "rediss://host/0?ssl_check_hostname=false"),
    ("REDIS_URL", "rediss://host/0?ssl_ca_certs=ca.pem"),
    ("REDIS_URL", "unix://"),
    ("BROKER_URL", "redis+sentinel://host:26379/0"),
    ("REDIS_PORT", "x"),
    ("WORKER_CONCURRENCY", "0"),
    ("REDIS_PREFIX", "my shop*"),
    ("TRUSTED_PROXIES", "proxy.example.com"),
    ("MOST_CONNECTIONS", "0"),
    ("CHECKOUTS_PER_ADDRESS", "many"),
    ("CHECKOUTS_IN_ALL", "0/10m"),
    ("LOGINS_PER_ACCOUNT", "5/y"),
    ("PIECES_PER_LINE", "0"),
    ("PIECES_PER_ORDER", "-1"),
    ("WORKER_MAX_MEMORY_MB", "50"),
    ("EMAIL_URL", ""),
    ("EMAIL_URL", "mail.example.com"),
    ("EMAIL_URL", "pigeon://coop"),
    ("EMAIL_URL", "consolemail://"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "smtp://user:s3/cret@host"),
    ("EMAIL_URL", "smtp://user:s3#cret@host"),
    ("EMAIL_URL", "smtp://host:smtp"),
    ("EMAIL_URL", "smtp://host/inbox"),
    ("EMAIL_URL", "smtp://host?ssl=1"),
    ("DEFAULT_FROM_EMAIL", "The Shop"),
    ("DEFAULT_FROM_EMAIL", "The Shop <shop>"),
    ("DEFAULT_FROM_EMAIL", "a@example.org, b@example.org"),
    ("DEFAULT_FROM_EMAIL", "A <a@example.org>, B <b@example.org>"),
    ("WAREHOUSE_EMAIL", "a@example.org; b@example.org"),
    ("WAREHOUSE_EMAIL", "a@example.org b@example.org"),
    ("WAREHOUSE_EMAIL", "warehouse"),
    ("SELLER_EMAIL", "billing at example.org"),
    ("SELLER_EMAIL", "Billing <billing@example.org>"),
    ("TIME_ZONE", "Berlin"),
    ("TIME_ZONE", "../etc/passwd"),
    ("SHOP_NAME", "The\nShop"),
    ("SHOP_NAME", '"The Shop"'),
    # What can be read, and cannot be right.
    ("SECRET_KEY", "x"),
    ("SECRET_KEY", "0" * 64),
    ("SECRET_KEY", "only-for-a-laptop-only-for-a-laptop"),
    ("SECRET_KEY", f"django-insecure-{HEX}"),
    ("FLOWER_AUTH", "admin"),
    ("FLOWER_AUTH", "admin:"),
    ("FLOWER_AUTH", ":s3cret"),
    ("FLOWER_AUTH", "admin:s3cret,more"),
    ("FLOWER_AUTH", "admin:admin"),
    ("FLOWER_AUTH", "admin:gehéim"),
    ("WAREHOUSE_URL", "warehouse.example.com"),
    ("WAREHOUSE_URL", "ftp://warehouse.example.com"),
    ("WAREHOUSE_URL", "https://"),
    ("CURRENCY", "eur"),
    ("CURRENCY", "EURO"),
    ("CURRENCY", "XYZ"),
    ("CURRENCY", "DEM"),
    ("CURRENCY", "XAU"),
    ("SELLER_COUNTRY", "de"),
    ("SELLER_COUNTRY", "Germany"),
    ("SELLER_IBAN", "DE89370400440532013001"),
    ("SELLER_IBAN", "none"),
    ("SELLER_BIC", "COBADEF"),
    ("SELLER_BIC", "cobadeffxxx"),
    ("SELLER_LANGUAGE", "German"),
    ("PAYMENT_TERMS_DAYS", "-1"),
    ("PAYMENT_TERMS_DAYS", "366"),
    ("PAYMENT_TERMS_DAYS", "two weeks"),
    ("SELLER_NAME", "a" * 101),
]


@pytest.mark.parametrize(("setting", "value"), REFUSED)
def test_unusable_value_is_refused_by_setting(setting: str, value: str) -> None:
    said = refusal(**{setting: value})

    assert setting in said
    assert said.endswith(".")
    assert not any(part in said for part in ("s3", "cret@", "gehéim"))
    assert len(said) < 400


@pytest.mark.parametrize(
    "setting",
    [
        "SELLER_NAME", "SELLER_LINE1", "SELLER_CITY", "SELLER_COUNTRY", "SELLER_EMAIL",
        "DEFAULT_FROM_EMAIL",
    ],
)  # fmt: skip
def test_missing_seller_is_refused_without_debug(setting: str) -> None:
    said = refusal(**{setting: ""})

    assert f"{setting}: not set, or still the sample" in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SELLER_NAME", "The Shop GmbH"),
        ("SELLER_VAT_ID", "DE123456789"),
        ("SELLER_IBAN", "DE02120300000000202051"),
        ("WAREHOUSE_EMAIL", "warehouse@example.com"),
    ],
)
def test_sample_seller_is_refused_without_debug(setting: str, value: str) -> None:
    assert f"{setting}: not set, or still the sample" in refusal(**{setting: value})


def test_sample_warehouse_address_is_accepted_with_webhooks() -> None:
    url = "https://warehouse.example.org"

    assert not refusal(
        WAREHOUSE_EMAIL="warehouse@example.com", WAREHOUSE_URL=url, WAREHOUSE_SECRET=HEX
    )


def test_debug_needs_no_other_setting() -> None:
    unset = dict.fromkeys(("SECRET_KEY", "SELLER_NAME", "DEFAULT_FROM_EMAIL"), "")

    assert not refusal(**unset, DEBUG="1")
    assert not refusal(**unset, DEBUG_UNLESS_SET="1")


@pytest.mark.parametrize(
    "public",
    [
        {"SITE_URL": "https://shop.example.com"},
        {"SITE_URL": "http://192.168.1.5:8000"},
        {"ALLOWED_HOSTS": "shop.example.com", "SITE_URL": "http://localhost:8000"},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": ".example.com"},
    ],
)
def test_debug_is_refused_on_public_addresses(public: dict[str, str]) -> None:
    assert refusal(DEBUG="1", **public).startswith("DEBUG: is on")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]", "shop.localhost"])
def test_debug_is_accepted_on_local_addresses(host: str) -> None:
    assert not refusal(DEBUG="1", SITE_URL=f"http://{host}:8000", ALLOWED_HOSTS=host)


def test_public_hosts_without_site_url_are_refused() -> None:
    assert refusal(ALLOWED_HOSTS="shop.example.com").startswith("SITE_URL: is http://localhost")


def test_two_broker_settings_are_refused() -> None:
    for other in ("redis://two/0", "none"):
        assert "REDIS_URL and BROKER_URL differ" in refusal(
            REDIS_URL="redis://one/0", BROKER_URL=other
        )
