"""What a start of the shop needs from the machine and its settings."""

from collections.abc import Iterator

from config.checks.check import Check
from config.checks.crashing import check_crash_points
from config.checks.database import check_database
from config.checks.documents import check_documents
from config.checks.machine import check_folder, check_port, check_ports_differ, check_python
from config.checks.monitor import check_flower_login
from config.checks.redis import check_redis

__all__ = ["Check", "all_checks"]


def all_checks() -> Iterator[Check]:
    """Each check is made when it is asked for, cheap ones first."""
    yield check_python()
    yield check_folder()
    yield check_port("PORT")
    yield check_port("FLOWER_PORT")
    yield check_ports_differ()
    yield check_database()
    yield check_documents()
    yield check_redis()
    yield check_flower_login()
    yield check_crash_points()
