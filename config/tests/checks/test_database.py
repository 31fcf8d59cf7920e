"""The database answers, and can hold every name."""

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from config.checks.database import check_database
from tests.support.servers import postgres

CREATE = "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"


@pytest.mark.postgres
@pytest.mark.django_db
def test_database_without_unicode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres() as url:
        with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as one:
            one.execute(CREATE)
            port = one.info.port
        elsewhere = settings.DATABASES["default"] | {
            "NAME": "bytes",
            "HOST": "127.0.0.1",
            "PORT": port,
        }
        ready = connections.configure_settings({"default": elsewhere})["default"]
        monkeypatch.setitem(settings.DATABASES, "default", ready)

        found = check_database()

    assert found.fails
    assert found.state == "bytes is encoded in SQL_ASCII"
    assert "ENCODING 'UTF8'" in found.fix


@pytest.mark.django_db
def test_database_of_this_test_run_answers() -> None:
    assert not check_database().fails
