"""Settings of a shop that is no laptop's: what must be set before one starts without DEBUG."""

SELLER = {
    "SELLER_NAME": "Testing GmbH",
    "SELLER_LINE1": "Probeweg 7",
    "SELLER_POSTAL_CODE": "20095",
    "SELLER_CITY": "Hamburg",
    "SELLER_COUNTRY": "DE",
    "SELLER_VAT_ID": "DE136695976",
    "SELLER_EMAIL": "billing@shop.example",
    "SELLER_IBAN": "DE89370400440532013000",
    "DEFAULT_FROM_EMAIL": "The Shop <mail@example.com>",
    "WAREHOUSE_EMAIL": "warehouse@shop.example",
}
DEPLOYED = {
    "SECRET_KEY": "a key of the tests, as long as a real one has to be",
    "EMAIL_URL": "files",
    # Tests log in with a password alone, but for those of the second factor.
    "STAFF_SECOND_FACTOR": "0",
    **SELLER,
}
