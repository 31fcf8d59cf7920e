"""The database itself refuses to change what was stated."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REFUSALS = {"UPDATE": "An event is never updated.", "DELETE": "An event is never deleted."}


def install(editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse UPDATE and DELETE on events, on PostgreSQL and SQLite."""
    if editor.connection.vendor == "postgresql":
        editor.execute(
            "CREATE OR REPLACE FUNCTION bus_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], "
            "ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    for action, refusal in REFUSALS.items():
        editor.execute(_trigger(editor.connection.vendor, action, refusal))


def remove(editor: BaseDatabaseSchemaEditor) -> None:
    """Take the refusals away again."""
    table = " ON bus_event" if editor.connection.vendor == "postgresql" else ""
    for action in REFUSALS:
        editor.execute(f"DROP TRIGGER IF EXISTS bus_event_no_{action.lower()}{table}")


def _trigger(vendor: str, action: str, refusal: str) -> str:
    head = f"CREATE TRIGGER bus_event_no_{action.lower()} BEFORE {action} ON bus_event"
    if vendor == "postgresql":
        return f"{head} FOR EACH ROW EXECUTE FUNCTION bus_event_refuse('{refusal}')"
    return f"{head} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
