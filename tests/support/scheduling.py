"""Which tests one process of a test run does."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/live/shared/",)
"""Folders whose tests share what is dear to start."""

APART = ("tests/live/shared/test_accessibility.py",)
"""Of their files those that take so long that a start of their own is worth it."""


class ByFile(LoadFileScheduling):
    """Each file is done by one process, and each folder of `TOGETHER` by one as well."""

    def _split_scope(self, nodeid: str) -> str:
        """As xdist has it overridden: what is done in one process, for the id of a test."""
        shared = (folder for folder in (*APART, *TOGETHER) if nodeid.startswith(folder))
        return next(shared, super()._split_scope(nodeid))
