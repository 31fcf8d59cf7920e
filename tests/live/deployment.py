"""The shop as docs/deploy.md has it started: that page's own files, on free ports of loopback."""

import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.live.surroundings import (
    DATABASE,
    NAME,
    ROLE,
    mail_with_login,
    pooled_database,
    proxy,
    redis_with_tls,
)
from tests.support import compose, servers
from tests.support.certificates import Authority
from tests.support.mail_server import MailServer
from tests.support.manual import shown
from tests.support.wait import wait_until

FORGED_LOGIN_TRIES = 3
STARTED_WITHIN = 90
STOPPED_WITHIN = 40


class Deployment:
    """Servers that run, and the shop's processes, which are started and stopped by their ids."""

    def __init__(self, folder: Path, env: dict[str, str], mail: MailServer, url: str) -> None:
        self.folder, self.env, self.mail, self.url = folder, env, mail, url
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def manage(self, *arguments: str, **env: str) -> str:
        """What a command of `manage.py` says; fails if it does."""
        ended = subprocess.run(
            [sys.executable, "manage.py", *arguments], env=self.env | env, cwd=compose.ROOT,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def start(self) -> None:
        """Every line of the Procfile, until the proxy's customers can be served."""
        for name, command in compose.procfile().items():
            with self.log(name).open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    shlex.split(command), env=self.env, cwd=compose.ROOT, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
        with self.browser() as browser:
            self.wait_for(lambda: browser.get("/readyz").status_code == 200, STARTED_WITHIN)

    def stop(self) -> None:
        """SIGTERM to each, and wait; what does not end is killed and named."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        late = []
        deadline = time.monotonic() + STOPPED_WITHIN
        for name, process in self.processes.items():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                late.append(name)
        self.processes.clear()
        assert not late, f"not stopped within {STOPPED_WITHIN} s: {late}"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def browser(self, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """A client that has the shop's name alone, and comes from that address."""
        tls = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        through = _ToLoopback(verify=tls, local_address=address)
        return httpx.Client(
            base_url=self.url,
            transport=through,
            timeout=20,
            headers={"Referer": self.url} | headers,
        )

    def wait_for(self, condition: Callable[[], Any], seconds: float) -> Any:
        """What `condition` gives once it is true; fails with the logs past the deadline."""

        def checked() -> Any:
            ended = [name for name, one in self.processes.items() if one.poll() is not None]
            assert not ended, f"ended: {ended}\n{self._said()}"
            return condition()

        return wait_until(checked, seconds, self._said, 0.1)

    def _said(self) -> str:
        logs = (f"--- {name}\n{self.log(name).read_text()[-2000:]}" for name in self.processes)
        return "\n".join(logs)


class _ToLoopback(httpx.HTTPTransport):
    """Finds every name on this machine, and still asks for it, as a line in /etc/hosts would."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        here = httpx.Request(
            request.method, request.url.copy_with(host="127.0.0.1"), headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )  # fmt: skip
        return super().handle_request(here)


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """PostgreSQL behind PgBouncer, Redis, a mail server and a proxy; the shop is not started yet.

    `folder` is one that other users may enter: PostgreSQL and PgBouncer do not run as root.
    """
    authority = Authority(folder)
    ports = {name: servers.free_port() for name in ("pooler", "redis", "web", "flower", "proxy")}
    with ExitStack() as stack:
        stack.enter_context(pooled_database(folder, ports["pooler"]))
        stack.enter_context(redis_with_tls(folder, authority, ports["redis"]))
        mail, mail_port = stack.enter_context(mail_with_login(authority))
        stack.enter_context(proxy(folder, authority, ports["proxy"], ports["web"]))
        url = f"https://{NAME}:{ports['proxy']}"
        file = folder / "shop.env"
        file.write_text(_settings(folder, ports, mail_port, url))
        env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ENV_FILE": str(file),
            "SSL_CERT_FILE": str(authority.file),
        }
        found = Deployment(folder, env, mail, url)
        try:
            yield found
        finally:
            found.stop()


def _settings(folder: Path, ports: dict[str, int], mail_port: int, url: str) -> str:
    key = "a key of the tests, as long as a real one has to be"
    replaced = {
        "SECRET_KEY=change-me": f"SECRET_KEY='{key}'",
        f"https://{NAME}": url,
        "/var/lib/shop": str(folder / "var"),
        "flower:changeme": "flower:a password of the tests",
        "6432": str(ports["pooler"]),
        "6379": str(ports["redis"]),
        "/etc/shop/tls": str(folder),
        "mail.example.com:587": f"localhost:{mail_port}",
    }
    more = {
        "PORT": ports["web"],
        "FLOWER_PORT": ports["flower"],
        "DATABASE_NAME": DATABASE,
        "DATABASE_USER": ROLE,
        "LOGINS_PER_ADDRESS": f"{FORGED_LOGIN_TRIES}/h",
    }
    lines = [f"{name}={value}\n" for name, value in more.items()]
    return shown("/etc/shop/shop.env", replaced) + "".join(lines)
