"""The outcome of one check."""

from dataclasses import dataclass

from django.db import DatabaseError


@dataclass(frozen=True)
class Check:
    """`fix` names the setting, package or command to change; it is empty if nothing is wrong.

    A check that is not `needed` advises: the shop starts all the same.
    """

    what: str
    state: str
    why: str
    fix: str = ""
    needed: bool = True

    @classmethod
    def unread(cls, what: str, error: DatabaseError, why: str) -> "Check":
        """Not known: there are no tables yet, or the database is away, which `check_database` says.

        SQLite says both by one class of errors, so the state quotes the error.
        """
        said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        if "no such table" in said or type(error.__cause__).__name__ == "UndefinedTable":
            return cls(what, "not there before the first migration", why)
        return cls(what, f"cannot be read ({said})", why)

    @property
    def fails(self) -> bool:
        return bool(self.fix) and self.needed

    def __str__(self) -> str:
        return f"{self.what}: {self.state}. {self.fix}"
