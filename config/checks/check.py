"""The outcome of one check."""

from dataclasses import dataclass


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

    @property
    def fails(self) -> bool:
        return bool(self.fix) and self.needed

    def __str__(self) -> str:
        return f"{self.what}: {self.state}. {self.fix}"
