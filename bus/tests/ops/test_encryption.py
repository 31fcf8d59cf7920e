"""`manage.py encrypt`: personal data that is in clear, or under an earlier master key."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from bus import selectors
from bus.models import Person
from bus.tests.test_persons import FIRST, SECOND, forget, whole_database
from bus.tests.worker.test_erased import Declared, Met, declared, greet, met

__all__ = ["declared"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_command_encrypts_clear_rows_and_rotates(settings: Any, declared: Declared) -> None:
    declared(greet)
    met("1")
    settings.BUS_PERSONAL_KEYS = [FIRST]
    met("2")
    settings.BUS_PERSONAL_KEYS = [SECOND, FIRST]
    met("2")

    call_command("encrypt", by="test", why="rotation")
    settings.BUS_PERSONAL_KEYS = [SECOND]

    assert "Ada" not in whole_database()
    assert [event.who for _id, event in selectors.history(Met)] == ["Ada 1", "Ada 2", "Ada 2"]
    assert Person.objects.count() == 2
    assert forget("2") == 2


def test_command_leaves_what_is_done_and_needs_a_key(
    settings: Any, declared: Declared, capsys: pytest.CaptureFixture[str]
) -> None:
    declared(greet)
    met("1")
    with pytest.raises(CommandError, match="PERSONAL_KEYS is empty"):
        call_command("encrypt", by="test", why="")
    settings.BUS_PERSONAL_KEYS = [FIRST]

    call_command("encrypt", by="test", why="")
    call_command("encrypt", by="test", why="")

    said = capsys.readouterr().out.splitlines()
    assert [line.split()[-4] for line in said] == ["1", "0"]
