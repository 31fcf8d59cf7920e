"""A value for each setting that is none of the defaults, and the words of the samples."""

import re

from tests.support import compose

PASSWORD = "p@ss/w?rd#%:+ 1"
CHOSEN = {
    "SECRET_KEY": "of the containers of a test, long enough to be one; $5 'and' \"more\"",
    "SECRET_KEY_FALLBACKS": "the key before; it was as long as the one that came after it",
    "PERSONAL_KEYS": "a newer key of persons that is long; with 'signs',"
    "an older key of persons that is long",
    "SITE_URL": "https://shop.example.org:8443",
    "ALLOWED_HOSTS": "extra.example.org",
    "FLOWER_AUTH": "watcher:s3cret:and#more",
    "DATABASE_NAME": "till",
    "DATABASE_USER": "keeper",
    "DATABASE_PASSWORD": PASSWORD,
    "REDIS_PASSWORD": PASSWORD,
    "REDIS_PREFIX": "till",
    "WORKER_CONCURRENCY": "1",
    "WORKER_MAX_MEMORY_MB": "390",
    "LOG_FORMAT": "json",
    "METRICS_PORT": "9464",
    "METRICS_HOST": "0.0.0.0",
    "TRUSTED_PROXIES": "172.16.0.0/12,192.168.0.0/16",
    "MOST_CONNECTIONS": "300",
    "CHECKOUTS_PER_ADDRESS": "700/10m",
    "CHECKOUTS_PER_RECIPIENT": "21/h",
    "CHECKOUTS_IN_ALL": "7000/10m",
    "CANCELLATIONS_PER_ADDRESS": "700/10m",
    "LOGINS_PER_ACCOUNT": "6/15m",
    "LOGINS_PER_ADDRESS": "31/15m",
    "STAFF_SECOND_FACTOR": "0",
    "PIECES_PER_LINE": "90",
    "PIECES_PER_ORDER": "450",
    "EMAIL_URL": "smtp://mail:1025/",
    "DEFAULT_FROM_EMAIL": '"Käse, Brot & Wein" <counter@kaese.example>',
    "WAREHOUSE_URL": "http://warehouse:9000/parcels",
    "WAREHOUSE_SECRET": "whsec_c2VjcmV0IG9mIHRoZSB3YXJlaG91c2Ugc3R1Yg==",
    "WAREHOUSE_EMAIL": "parcels@kaese.example",
    "OPERATORS": "night@kaese.example, day@kaese.example",
    "OPERATORS_WEBHOOK": "http://warehouse:9000/hooks/1234",
    "OUTLET_WEBHOOKS": "1",
    "OUTLET_PRIVATE_NETWORKS": "10.1.2.0/24",
    "OUTLET_EVENTS": "OrderPlaced,OrderCancelled",
    "TIME_ZONE": "America/New_York",
    "CURRENCY": "CHF",
    "SHOP_NAME": "Käse & Wein",
    "SELLER_NAME": "Käse & Wein SA",
    "SELLER_LINE1": "Rue du Lac 7",
    "SELLER_LINE2": "Cave 2",
    "SELLER_POSTAL_CODE": "1003",
    "SELLER_CITY": "Lausanne",
    "SELLER_REGION": "VD",
    "SELLER_COUNTRY": "CH",
    "SELLER_VAT_ID": "CHE-107.787.577",
    "SELLER_EMAIL": "billing@kaese.example",
    "SELLER_IBAN": "CH9300762011623852957",
    "SELLER_BIC": "POFICHBEXXX",
    "SELLER_LANGUAGE": "fr",
    "PAYMENT_TERMS_DAYS": "30",
}
LEFT = {
    "ENV_FILE": "names the file itself, which compose reads by an option of its own",
    "DEBUG": "a deployed shop has none",
    "CRASH_POINTS": "refused without DEBUG",
    "VAR_DIR": "a folder of the image",
    "PORT": "a free port of the machine, chosen at the start",
    "FLOWER_PORT": "a free port of the machine, chosen at the start",
    "DATABASE_URL": "the parts stand in its place",
    "DATABASE_HOST": "the name of the service",
    "DATABASE_PORT": "the port of the service",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "the image has not its extra",
    "DATABASE_POOLER": "there is no pooler",
    "REDIS_URL": "the parts stand in its place",
    "REDIS_HOST": "the name of the service",
    "REDIS_PORT": "the port of the service",
    "BROKER_URL": "the parts stand in its place",
    "OUTLET_CA_CERTS": "the image has no file of an authority",
    "OUTLET_KAFKA_URL": "there is no Kafka, and the image has no client of it",
    "OUTLET_NATS_URL": "there is no NATS, and the image has no client of it",
    "OUTLET_RABBITMQ_URL": "there is no RabbitMQ",
    "OUTLET_SNS_URL": "there is no SNS, and the image has no client of it",
    "OUTLET_SQS_URL": "there is no SQS, and the image has no client of it",
    "OUTLET_PUBSUB_URL": "there is no Pub/Sub, and the image has no client of it",
}
"""Settings that keep their defaults here, and why."""

PUBLIC = ("SHOP_NAME", "SELLER_NAME", "SELLER_LINE1", "SELLER_VAT_ID",
          "SELLER_EMAIL", "SELLER_IBAN", "DEFAULT_FROM_EMAIL", "WAREHOUSE_EMAIL")  # fmt: skip
"""Settings whose samples must be on no page, mail or document."""


def secret_settings() -> set[str]:
    """The settings that are read as secrets, each of which may be in a file."""
    source = (compose.ROOT / "config/settings.py").read_text()
    return set(re.findall(r"env\.(?:secret|secrets_list)\(\s*\"([A-Z_]+)\"", source))


def known() -> dict[str, str]:
    """Every setting that .env.example names, with its sample."""
    found = {}
    for line in (compose.ROOT / ".env.example").read_text().splitlines():
        name, equals, value = line.lstrip("# ").partition("=")
        if equals and name.isupper():
            found[name] = value
    return found


def samples() -> list[str]:
    return [value for name, value in known().items() if name in PUBLIC and value]
