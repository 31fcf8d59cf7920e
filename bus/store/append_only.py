"""Tables that the database itself refuses to change: triggers, created by migrations."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REFUSALS = {"UPDATE": "An event is never updated.", "DELETE": "An event is never deleted."}

FUNCTION = """CREATE OR REPLACE FUNCTION bus_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0],
    ERRCODE = 'integrity_constraint_violation'; END $$"""
"""PostgreSQL's; a trigger's only argument is the message."""


def install(editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse UPDATE and DELETE on events, on PostgreSQL and SQLite."""
    for action, message in REFUSALS.items():
        refuse(editor, f"bus_event_no_{action.lower()}", action, "bus_event", message)


def remove(editor: BaseDatabaseSchemaEditor) -> None:
    """Allow them again."""
    for action in REFUSALS:
        allow(editor, f"bus_event_no_{action.lower()}", "bus_event")


def refuse(
    editor: BaseDatabaseSchemaEditor,
    trigger: str,
    action: str,
    table: str,
    message: str,
    when: str = "",
) -> None:
    """Create a trigger that refuses `action` (as SQL names it) on a table, with an IntegrityError.

    SQLite drops triggers when a migration rebuilds their table, so a migration that alters it must
    end with this.
    """
    if editor.connection.vendor == "postgresql":
        editor.execute(FUNCTION)
        then = f"EXECUTE FUNCTION bus_event_refuse('{message}')"
    else:
        then = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    editor.execute(
        f"CREATE TRIGGER {trigger} BEFORE {action} ON {table} FOR EACH ROW {when} {then}"
    )


def allow(editor: BaseDatabaseSchemaEditor, trigger: str, table: str) -> None:
    """Drop the trigger."""
    of = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP TRIGGER IF EXISTS {trigger}{of}")
