"""The documents' folder and the database belong together."""

from django.conf import settings
from django.db import DatabaseError

from billing import folder
from config.checks.check import Check

WHY = "a document must never be shown to another customer"


def check_documents() -> Check:
    """Writes nothing. `check_database` reports a database that does not answer."""
    try:
        folder.check()
        folder.check_numbers()
    except (folder.WrongFolder, folder.FolderNotSeen, folder.OlderDatabase) as error:
        sentence, _, way_out = str(error).partition(". ")
        return Check("Documents", sentence, WHY, way_out)
    except (DatabaseError, OSError) as error:
        return Check("Documents", f"unknown ({type(error).__name__})", WHY)
    return Check("Documents", f"{settings.MEDIA_ROOT} belongs to this database", WHY)
