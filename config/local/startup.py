"""Open the shop: look at the machine, start Redis, prepare the database, start the rest."""

import time
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError

from config.local import redis
from config.local.checks import all_checks
from config.local.database import admin_login, prepare
from config.local.preload import preload
from config.local.programs import all_programs
from config.local.spawn import release_connections
from config.local.supervisor import CannotRun, Supervisor
from config.local.terminal import Terminal
from config.local.welcome import welcome


def open_shop(without: list[str]) -> None:
    """Run the shop until somebody stops it. Returns when no process of it is left.

    Raises:
        CannotRun: with one sentence that names what to change; nothing is left running then.
    """
    began = time.monotonic()
    for check in all_checks():
        if check.fails:
            raise CannotRun(str(check))
    # What is in it was readable for everybody before the shop had a umask, or came from elsewhere.
    with suppress(PermissionError):  # somebody else's folder, who has decided about it
        settings.VAR_DIR.chmod(0o700)
    programs = [program for program in all_programs() if program.name not in without]
    terminal = Terminal(["redis", *(program.name for program in programs)])
    supervisor = Supervisor(settings.VAR_DIR / "run", terminal)
    try:
        if settings.REDIS_EMBEDDED:
            _start_redis(supervisor)
        lines = _prepare(supervisor)
        _clear_signs_of_life(supervisor)
        for program in programs:
            supervisor.start(program)
        if supervisor.wait_until_ready():
            for line in lines:
                terminal.say(line)
            terminal.say(f"Ready after {time.monotonic() - began:.1f} s. Ctrl-C stops everything.")
            supervisor.run()
    except KeyboardInterrupt:
        pass
    finally:
        terminal.say("Stopping; Ctrl-C again kills what still runs.")
        supervisor.stop()
        settings.REDIS_URL_FILE.unlink(missing_ok=True)
        terminal.say("The shop is closed.")


def _start_redis(supervisor: Supervisor) -> None:
    url = redis.new_address()
    supervisor.start(redis.redis_program(url, lambda: supervisor.children["redis"].pid))
    if supervisor.wait_until_ready():
        redis.use(url)
        redis.leave_address(url)


def _prepare(supervisor: Supervisor) -> list[str]:
    """Prepare the database and import everything; returns what to print when all is ready."""
    supervisor.signals.interrupting = True
    # What the checks have opened is in no pool; the web server's settings, loaded now, name one.
    release_connections()
    try:
        preload()
        prepare()
        return welcome(admin_login())
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotRun(
            f"The database could not be prepared ({reason}). Set DATABASE_URL to one that this "
            "version of the shop can use."
        ) from error
    finally:
        supervisor.signals.interrupting = False
        release_connections()


def _clear_signs_of_life(supervisor: Supervisor) -> None:
    for file in supervisor.run_dir.glob("*.alive"):
        file.unlink(missing_ok=True)
