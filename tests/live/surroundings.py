"""What stands around a deployed shop, each server with its file of docs/deploy.md."""

import shutil
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis
from aiosmtpd.smtp import AuthResult, LoginPassword
from psycopg import sql

from tests.support import servers
from tests.support.certificates import Authority
from tests.support.machine import part
from tests.support.mail_server import MailServer, listening
from tests.support.manual import shown
from tests.support.nginx import nginx

NAME = "shop.example.com"
ROLE, DATABASE = "trader", "traded"
"""Not those of the cluster, which would be a superuser's."""
USERS = 'SELECT format(\'"%%s" "%%s"\', rolname, rolpassword) FROM pg_authid WHERE rolname = %s'


@contextmanager
def pooled_database(folder: Path, port: int) -> Iterator[None]:
    names = {"ROLE shop": f"ROLE {ROLE}", "OWNER shop": f"OWNER {ROLE}"}
    names["DATABASE shop"] = f"DATABASE {DATABASE}"
    place, user = folder / "pgbouncer", servers.not_root()
    place.mkdir()
    with servers.postgres() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in shown("runuser -u postgres -- psql", names).split(";"):
                connection.execute(sql.SQL(statement.strip()))  # type: ignore[arg-type]  # read from the page
            (users,) = connection.execute(USERS, [ROLE]).fetchone() or ("",)
        (place / "userlist.txt").write_text(f"{users}\n")
        replaced = {
            "shop = ": f"{DATABASE} = ",
            "port=5432": f"port={url.rpartition(':')[2].partition('/')[0]}",
            "dbname=shop": f"dbname={DATABASE}",
            "6432": str(port),
            "/etc/pgbouncer": str(place),
            "/var/log/postgresql": str(place),
            "/var/run/postgresql": str(place),
        }
        file = place / "pgbouncer.ini"
        file.write_text(shown("/etc/pgbouncer/pgbouncer.ini", replaced))
        for path in (place, *place.iterdir()) if user else ():
            shutil.chown(path, user)
        through = f"postgres://{ROLE}:database-password@127.0.0.1:{port}/{DATABASE}"
        command = [str(part("pgbouncer").path), str(file)]
        with servers.running(command, signal.SIGINT, lambda: servers.answers_query(through), user):
            yield


@contextmanager
def redis_with_tls(folder: Path, authority: Authority, port: int) -> Iterator[None]:
    certificate, key = authority.certify("localhost")
    replaced = {
        "tls-port 6379": f"tls-port {port}",
        "/etc/shop/tls/redis.pem": str(certificate),
        "/etc/shop/tls/redis.key": str(key),
        "/etc/shop/tls": str(folder),
    }
    file = folder / "redis.conf"
    file.write_text(shown("/etc/redis/shop.conf", replaced))

    def answers() -> bool:
        try:
            with redis.Redis(
                "localhost", port, password="redis-password", ssl=True,
                ssl_ca_certs=str(authority.file),
            ) as client:  # fmt: skip
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    command = [str(part("redis_server").path), str(file), "--bind", "127.0.0.1"]
    with servers.running([*command, "--dir", str(folder)], signal.SIGTERM, answers):
        yield


@contextmanager
def mail_with_login(authority: Authority) -> Iterator[tuple[MailServer, int]]:
    """A mail server that takes nothing without STARTTLS and the login of EMAIL_URL."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(authority.folder / "localhost.pem", authority.folder / "localhost.key")

    def authenticate(*parts: Any) -> AuthResult:
        return AuthResult(success=parts[-1] == LoginPassword(b"shop", b"mail-password"))

    with listening(
        tls_context=tls, require_starttls=True, auth_required=True, authenticator=authenticate
    ) as found:
        yield found


@contextmanager
def proxy(folder: Path, authority: Authority, port: int, web: int) -> Iterator[None]:
    certificate, key = authority.certify(NAME)
    replaced = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{servers.free_port()}",
        f"/etc/shop/tls/{NAME}.pem": str(certificate),
        f"/etc/shop/tls/{NAME}.key": str(key),
        "/var/log/nginx": str(folder),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{web}",
    }
    site = folder / "site.conf"
    site.write_text(shown("/etc/nginx/sites-available/shop", replaced))
    with nginx(folder, port, site):
        yield
