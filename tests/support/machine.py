"""What this machine has of the things that only some tests need, and which package brings them."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
DEBIAN_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True)
class Part:
    """A program that is not of Python; `marker` is on the tests that cannot do without it."""

    name: str
    package: str
    marker: str
    path: Path | None

    @property
    def missing(self) -> bool:
        return self.path is None

    def __str__(self) -> str:
        return f"{self.name} (Debian package: {self.package})"


def find(*names: str) -> Path | None:
    """The first of these programs on PATH."""
    found = (shutil.which(name) for name in names)
    return next((Path(path) for path in found if path), None)


def find_postgres() -> Path | None:
    """The newest PostgreSQL server's `postgres`; Debian keeps it outside PATH."""
    versions = [path for path in DEBIAN_POSTGRES.glob("*/bin/postgres") if os.access(path, os.X_OK)]
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    on_path = find("postgres")
    return newest or (on_path.resolve() if on_path else None)


def find_rabbitmq() -> Path | None:
    """The server's script; the one on PATH would become the user of the service."""
    return DEBIAN_RABBITMQ if os.access(DEBIAN_RABBITMQ, os.X_OK) else None


def parts() -> list[Part]:
    return [
        Part("PostgreSQL", "postgresql", "postgres", find_postgres()),
        Part("Chromium", "chromium", "browser", find("chromium", "chromium-browser")),
        Part("redis-server with TLS", "redis-server", "redis_server", find("redis-server")),
        Part("RabbitMQ", "rabbitmq-server", "rabbitmq", find_rabbitmq()),
        Part("PgBouncer", "pgbouncer", "pgbouncer", find("pgbouncer", "/usr/sbin/pgbouncer")),
        Part("nginx", "nginx-light", "nginx", find("nginx", "/usr/sbin/nginx")),
        Part("promtool", "prometheus", "promtool", find("promtool")),
        Part("Node", "nodejs", "node", find("node")),
        Part("npm", "npm", "npm", find("npm")),
        Part("openssl", "openssl", "openssl", find("openssl")),
        Part("rsync", "rsync", "rsync", find("rsync")),
        Part("SQLite's shell", "sqlite3", "sqlite3_shell", find("sqlite3")),
        Part("pdftotext and pdftoppm", "poppler-utils", "poppler", find("pdftotext")),
    ]


def part(marker: str) -> Part:
    return next(found for found in parts() if found.marker == marker)
