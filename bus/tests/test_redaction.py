"""What is told of an error names nobody."""

import json
from collections.abc import Callable
from time import process_time
from urllib.parse import quote_plus

import pytest
from django.db import DataError, IntegrityError, connection

from bus.redaction import discreet, kinds, texts

NAME = "Zoë O'Brien-Ångström"
PERSONAL = [
    {
        "customer": {
            "email": "zoë@exämple.com",
            "name": NAME,
            "address": {"line1": "Am Weg 1", "line2": "", "city": "Bo", "country": "DE"},
        }
    }
]
TRACES = ("Zo", "Brien", "ngstr", "mple", "Weg", "Bo")


def test_redaction_takes_linear_time() -> None:
    began = process_time()
    discreet("a" * 20_000)
    short = process_time() - began

    began = process_time()
    discreet("a" * 80_000)

    # Four times as long: it would be sixteen times as dear if each letter looked at all others.
    assert process_time() - began < 10 * max(short, 0.01)


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """The error, as if it had been raised here."""
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def lines_without_code(text: str) -> str:
    """What errors say, without the lines of this file that stand in the traceback."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("  "))


WRITTEN: dict[str, Callable[[str], object]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "quoted by Python": repr,
    "in ASCII": ascii,  # as reportlab repeats the text of a paragraph
    "in JSON": json.dumps,
    "as bytes": lambda name: repr(name.encode()),
    "in an address": quote_plus,
    "after an escaped line break": lambda name: f"To:\\n{name}",
    "in part": lambda name: f"no such customer: {name.split()[1]}",
}


@pytest.mark.parametrize("how", WRITTEN)
def test_name_is_redacted_in_every_encoding(how: str) -> None:
    error = raised(ValueError(f"cannot greet {WRITTEN[how](NAME)}, sorry"))

    said = lines_without_code(texts(error, PERSONAL))

    assert not [trace for trace in TRACES if trace.casefold() in said.casefold()]
    assert "ValueError: cannot greet " in said
    assert said.endswith("sorry")


@pytest.mark.parametrize(
    "address", ["zoë@exämple.com", "zoë@xn--exmple-cua.com", '"z o"@a.example']
)
def test_address_is_redacted(address: str) -> None:
    error = raised(ValueError(f"<{address}> was refused"))

    said = lines_without_code(texts(error, PERSONAL))

    assert said.endswith("ValueError: <[address]> was refused")


def refused(by: str) -> Exception:
    """An error whose sentence is the program's, and which ends with what somebody else said."""
    try:
        raise ConnectionError(
            f"The mail relay refused the parcel: {by}"  # in a statement of several lines
        )
    except ConnectionError as error:
        return error


def test_words_of_the_error_itself_are_kept_if_a_name_equals_them() -> None:
    person = {"email": "mail@example.com", "name": "Parcel Relay Lovelace", "city": "Refused"}

    said = lines_without_code(texts(refused("no Lovelace here"), [person]))

    assert said.endswith("The mail relay refused the parcel: no [personal] here")


def test_full_name_is_redacted_if_its_words_are_in_the_code() -> None:
    said = lines_without_code(texts(refused("Ada Mail, mailto"), [{"name": "Ada Mail"}]))

    assert said.endswith("The mail relay refused the parcel: [personal], [personal]to")


def test_words_of_a_sentence_are_kept_in_a_chained_error() -> None:
    error = raised(RuntimeError(str(refused("Ada"))), cause=refused("Ada"))

    said = lines_without_code(texts(error, [{"name": "Ada Mail"}]))

    assert said.count("The mail relay refused the parcel: [personal]") == 2


def test_short_value_is_redacted_as_a_word() -> None:
    error = raised(ValueError("Bo is not Boston, nor de is model"))

    assert lines_without_code(texts(error, PERSONAL)).endswith(
        "[personal] is not Boston, nor [personal] is model"
    )


def test_chained_errors_are_kept_and_redacted() -> None:
    error = raised(RuntimeError("it failed"), cause=raised(KeyError(NAME)))

    said = texts(error, PERSONAL)

    assert 'KeyError: "[personal]"' in said
    assert "direct cause" in said
    assert said.strip().endswith("RuntimeError: it failed")


def test_log_gets_no_error_texts() -> None:
    error = raised(RuntimeError(f"no {NAME}"), cause=raised(ValueError(NAME)))

    said = lines_without_code(kinds(error))

    assert [line for line in said.splitlines() if line.endswith("Error")] == [
        "ValueError",
        "RuntimeError",
    ]
    assert "test_redaction.py" in kinds(error)


def test_errors_of_the_system_are_kept() -> None:
    assert kinds(raised(FileNotFoundError(2, "No such file or directory", NAME))).endswith(
        "FileNotFoundError: No such file or directory\n"
    )


@pytest.mark.django_db
def test_constraint_is_named_without_its_row() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE person (name text UNIQUE, age integer NOT NULL)")
        cursor.execute("INSERT INTO person VALUES (%s, 1)", [NAME])
        with pytest.raises(IntegrityError) as caught:
            cursor.execute("INSERT INTO person VALUES (%s, 1)", [NAME])

    told = kinds(caught.value), texts(caught.value, [])

    for said in map(lines_without_code, told):
        assert "IntegrityError: " in said
        assert "person" in said
        assert "Zo" not in said


@pytest.mark.postgres
@pytest.mark.django_db
def test_value_refused_by_database_is_redacted() -> None:
    with connection.cursor() as cursor, pytest.raises(DataError) as caught:
        cursor.execute("SELECT %s::text::integer", [NAME])

    assert "Zo" not in lines_without_code(kinds(caught.value))
    assert "Zo" not in lines_without_code(texts(caught.value, PERSONAL))


def test_repeated_database_details_are_cut() -> None:
    error = "duplicate key value\nDETAIL:  Key (name)=(Ada\nLovelace) already exists."

    assert discreet(f"it failed: {error}") == "it failed: duplicate key value"
    assert discreet(f"it failed: {error!r}") == "it failed: 'duplicate key value"
