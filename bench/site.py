"""What all contenders share: a PostgreSQL, a Redis, a mail provider and a warehouse."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.stubs import Stubs
from tests.support import servers
from tests.support.books import Books
from tests.support.datastores import PostgresServer, RedisServer
from tests.support.deployed import DEPLOYED
from tests.support.machine import find_postgres

ROOT = Path(__file__).parents[1]
TEMPLATE = "template_shop"
REDIS_DATABASES = 64
"""Redis' default is 16, and all parts at full size need 17 and more."""


class Site:
    """The servers, with a database as every contender gets it: migrated and seeded.

    PostgreSQL syncs each commit to the disk, as it does by default.
    """

    def __init__(self) -> None:
        if find_postgres() is None:
            raise SystemExit(
                "No PostgreSQL here, without which it would measure nothing that "
                "counts: apt-get install postgresql"
            )
        self.folder = Path(tempfile.mkdtemp(prefix="shop-bench-")).resolve()
        # For pg_xact_commit_timestamp: what a handler did can be seen from its commit on.
        self.postgres = PostgresServer(self.folder / "postgres", track_commit_timestamp="on")
        self.redis = RedisServer(self.folder / "redis", "--databases", str(REDIS_DATABASES))
        self.stubs = Stubs()
        self._redis_numbers: dict[str, int] = {}

    def open(self) -> None:
        self.postgres.open()
        self.redis.open()
        servers.new_database(self.postgres.url, TEMPLATE)
        env = self.environment(TEMPLATE)
        self.manage(env, "migrate", "--verbosity", "0")
        self.manage(env | {"DEBUG": "1"}, "seed")
        self.manage(env, "subscriptions", "--register")
        # No product sells out, and no page warns of it.
        with self.books(TEMPLATE).connect() as connection:
            connection.execute("UPDATE inventory_stockitem SET on_hand = 2000000000, low_at = 0")

    def close(self, *, keep_logs: bool = False) -> None:
        self.stubs.close()
        for server in (self.redis, self.postgres):
            server.kill(hold=True)
        shutil.rmtree(self.postgres.data, ignore_errors=True)
        if not keep_logs:
            shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self, name: str) -> None:
        """A copy of the template. The template must have no connections."""
        books = Books(url=self.postgres.url)
        books.change(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')

    def books(self, database: str) -> Books:
        return Books(url=self.url(database))

    def log(self, name: str) -> Path:
        """Where a process of this name writes what it says."""
        return self.folder / f"{name}.log"

    def url(self, database: str) -> str:
        return f"{self.postgres.url.rpartition('/')[0]}/{database}"

    def environment(self, name: str, settings: str = "config.settings") -> dict[str, str]:
        """What a process of a contender reads: nothing of the environment that this runs in."""
        kept = {key: value for key, value in os.environ.items() if key in ("HOME", "LANG", "TZ")}
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": settings,
            **DEPLOYED,
            "ENV_FILE": os.devnull,
            "VAR_DIR": str(folder),
            "DATABASE_URL": self.url(name),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/{self.redis_number(name)}",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.stubs.mail_port}",
            "WAREHOUSE_URL": f"http://127.0.0.1:{self.stubs.warehouse_port}/",
            "WAREHOUSE_SECRET": "bench-bench",
            # All customers come from this machine, and quickly.
            "CHECKOUTS_PER_ADDRESS": "100000/s",
            "CHECKOUTS_IN_ALL": "100000/s",
            "CANCELLATIONS_PER_ADDRESS": "100000/s",
        }

    def redis_number(self, name: str) -> int:
        """Each contender and each ledger has one of Redis' databases for itself.

        Raises:
            RuntimeError: there is none left; raise `REDIS_DATABASES`.
        """
        number = self._redis_numbers.setdefault(name, len(self._redis_numbers))
        if number >= REDIS_DATABASES:
            raise RuntimeError(f"Redis has {REDIS_DATABASES} databases here, and {name} needs one.")
        return number

    def manage(self, env: dict[str, str], *arguments: str) -> str:
        """Run a command of the shop's.

        Raises:
            RuntimeError: with what it said.
        """
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout
