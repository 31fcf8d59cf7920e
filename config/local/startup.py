"""The start of `up`: checks, Redis, database, then all other processes."""

import time
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError

from config.local import personal_key, redis
from config.local.checks import all_checks
from config.local.database import admin_login, prepare
from config.local.preload import preload
from config.local.programs import all_programs
from config.local.spawn import release_connections
from config.local.supervisor import CannotRun, Supervisor
from config.local.terminal import Terminal
from config.local.welcome import welcome


def run_shop(without: list[str]) -> None:
    """Run the shop until it is told to stop. Returns when none of its processes is left.

    Raises:
        CannotRun: the shop cannot start; none of its processes is left then either.
    """
    began = time.monotonic()
    for check in all_checks():
        if check.fails:
            raise CannotRun(str(check))
    # Files from before the shop set a umask, or from elsewhere, may be readable for others.
    with suppress(PermissionError):  # another user's folder has that user's modes
        settings.VAR_DIR.chmod(0o700)
    personal_key.make()
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
        terminal.say("Stopping. Press Ctrl-C again to kill what still runs.")
        supervisor.stop()
        settings.REDIS_URL_FILE.unlink(missing_ok=True)
        terminal.say("The shop has stopped.")


def _start_redis(supervisor: Supervisor) -> None:
    url = redis.new_address()
    supervisor.start(redis.redis_program(url, lambda: supervisor.children["redis"].pid))
    if supervisor.wait_until_ready():
        redis.use(url)
        redis.leave_address(url)


def _prepare(supervisor: Supervisor) -> list[str]:
    """Prepare the database and preload; returns the lines to print when all is ready."""
    supervisor.signals.interrupting = True
    try:
        preload()
        prepare()
        return welcome(admin_login())
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotRun(
            f"The database cannot be prepared ({reason}). Set DATABASE_URL to one that this "
            "version of the shop can use."
        ) from error
    finally:
        supervisor.signals.interrupting = False
        release_connections()


def _clear_signs_of_life(supervisor: Supervisor) -> None:
    for file in supervisor.run_dir.glob("*.alive"):
        file.unlink(missing_ok=True)
