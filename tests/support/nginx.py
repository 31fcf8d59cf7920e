"""A proxy for tests: nginx on loopback, with the configuration that a test gives."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import servers
from tests.support.machine import part

KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def nginx(folder: Path, port: int, *sites: Path) -> Iterator[Path]:
    """Serves these files of `http` blocks until the end; yields the file with its process id."""
    file, pid = folder / "nginx.conf", folder / "nginx.pid"
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in KINDS)
    included = "".join(f"include {site};\n" for site in sites)
    user = "user root root;\n" if os.geteuid() == 0 else ""
    file.write_text(
        f"{user}daemon off;\npid {pid};\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n{places}{included}}}\n"
    )

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    command = [str(part("nginx").path), "-c", str(file), "-e", str(folder / "error.log")]
    with servers.running(command, signal.SIGQUIT, listens):
        yield pid
