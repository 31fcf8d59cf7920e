"""A compose project of a test's own: started, asked, scaled, killed and taken away again."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.containers.values import CHOSEN, secret_settings
from tests.support import compose
from tests.support.apps import APPS
from tests.support.servers import free_port
from tests.support.wait import wait_until

FILES = ["docker-compose.yml", "tests/containers/override.yml"]
NAME = "shop-under-test"
PORTS = ("PORT", "SPARE_PORT", "FLOWER_PORT", "MAIL_PORT")
UP_WITHIN = 240
SETTLED_WITHIN = 180


class Project:
    """The whole shop in containers. Its volumes are new, and go away with it."""

    def __init__(self, folder: Path) -> None:
        ports = {name: str(free_port()) for name in PORTS}
        self.settings = CHOSEN | ports
        self._env = folder / "settings.env"
        given = self.settings | {"PASSWORD_OF_THE_SERVER": self.settings["DATABASE_PASSWORD"]}
        for name in secret_settings() & given.keys():
            # The containers' user must be able to read it; on the host, the folder protects it.
            file = folder / name
            file.write_text(f"{given.pop(name)}\n")
            file.chmod(0o444)
            given[f"{name}_FILE"] = str(file)
        # As compose reads such a file: in single quotes nothing is special but the quote itself.
        lines = (f"{name}='{_quoted(value)}'" for name, value in given.items())
        self._env.write_text("\n".join(lines) + "\n")
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{ports['PORT']}",
            headers={"X-Forwarded-Proto": "https"},
            timeout=20,
            trust_env=False,
        )

    def compose(self, *words: str, check: bool = True, within: float = 300) -> str:
        """Run `docker compose`; returns what it printed."""
        done = subprocess.run(
            ["docker", "compose", *words],
            cwd=compose.ROOT, env=self.env, timeout=within, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        if check and done.returncode:
            logs = self.compose("logs", "--tail", "20", check=False)
            raise AssertionError(f"{words}: {done.stdout}\n{done.stderr}\n{logs}")
        return done.stdout

    @property
    def env(self) -> dict[str, str]:
        """What `docker compose` needs in its environment to mean this project."""
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return clean | {
            "COMPOSE_FILE": ":".join(FILES),
            "COMPOSE_PROJECT_NAME": NAME,
            "COMPOSE_ENV_FILES": str(self._env),
            # The worker of webhooks, which the chosen settings turn on.
            "COMPOSE_PROFILES": "outlets",
        }

    def up(self, *more: str) -> None:
        self.compose("up", "--detach", "--wait", "--quiet-pull", *more, within=UP_WITHIN)

    def down(self) -> None:
        self.http.close()
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)

    def manage(self, service: str, *words: str, check: bool = True) -> str:
        """Run a command of the shop in a container that runs already."""
        return self.compose("exec", "-T", service, "python", "manage.py", *words, check=check)

    def running(self) -> list[dict[str, Any]]:
        listed = self.compose("ps", "--format", "json").splitlines()
        return [json.loads(line) for line in listed]

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine says of one container of the service."""
        listed = self.compose("ps", "--quiet", service).split()
        done = subprocess.run(
            ["docker", "inspect", listed[0]], check=True, capture_output=True, text=True
        )
        (found,) = json.loads(done.stdout)
        return dict(found)

    def environment(self, service: str) -> dict[str, str]:
        """What the process of a service has been given, its secrets by their files."""
        found = self.compose("exec", "-T", service, "python", "-c", TELL)
        told: dict[str, str] = json.loads(found)
        return told

    def ask(self, code: str) -> str:
        """What an expression of Python is in the shop."""
        return self.manage("web", "shell", "--no-imports", "-c", f"{IMPORT}; print({code})")

    def place_order(self, **more: Any) -> dict[str, Any]:
        answer = self.http.post("/api/v1/checkout/", json=BODY | more)
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()
        return order

    def follow(self, order: dict[str, Any]) -> dict[str, Any]:
        path = httpx.URL(order["links"]["self"]).path
        found: dict[str, Any] = self.http.get(path).json()
        return found

    def wait_until_settled(self, *orders: dict[str, Any]) -> None:
        self.wait_for(lambda: all(self.follow(one)["settled"] for one in orders), SETTLED_WITHIN)

    def open_deliveries(self, order: dict[str, Any]) -> set[str]:
        """The apps that have not done all they do about an order."""
        code = f"{OPEN}.filter(stream={order['number']!r}).values_list('queue__name')"
        said = self.ask(code)
        return {name for name in APPS if f"'{name}'" in said}

    def wait_for(self, event: Callable[[], Any], seconds: float) -> Any:
        return wait_until(event, seconds, self._what_is_wrong, 0.5)

    def _what_is_wrong(self) -> str:
        dead = self.manage("web", "deliveries", "--state", "dead", check=False)
        return f"{dead}\n{self.compose('logs', '--tail', '40', check=False)}"

    def mails(self) -> list[bytes]:
        """All mails that the catcher holds: mailpit's, or those of a folder where it is another."""
        port = self.settings["MAIL_PORT"]
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as mail:
                listed = mail.get("/messages", params={"limit": 500}).json()["messages"]
                return [mail.get(f"/message/{one['ID']}/raw").content for one in listed]
        except httpx.HTTPError:
            found = self.compose("exec", "-T", "mail", "python3", "-c", MAILDIR)
            return [bytes.fromhex(one) for one in json.loads(found)]


def _quoted(value: str) -> str:
    return value.replace("'", "\\'")


IMPORT = "from bus.models import IS_OPEN, Delivery, Outbox"
OPEN = "Delivery.objects.filter(IS_OPEN)"
IDLE = f"not Outbox.objects.exists() and not {OPEN}.exists()"
TELL = """
import json, os
found = dict(os.environ)
for name in [name for name in found if name.endswith("_FILE") and found[name]]:
    file = found.pop(name)
    if file.startswith("/run/secrets/"):
        assert not found.get(name.removesuffix("_FILE")), name
        found[name.removesuffix("_FILE")] = open(file).read().removesuffix("\\n")
print(json.dumps(found))
"""
MAILDIR = (
    "import json, pathlib; "
    "print(json.dumps([f.read_bytes().hex() for f in pathlib.Path('/mail/new').glob('*')]))"
)
BODY = {
    "email": "grace@example.com",
    "name": "Grace Hopper",
    "shipping_address": {
        "line1": "Harbour Street 9",
        "postal_code": "1003",
        "city": "Lausanne",
        "country": "CH",
    },
    "lines": [{"sku": "CHEESE", "quantity": 2}],
}
GOODS = """
from inventory.services import receive_stock
from shop.models import Product
Product.objects.create(sku="CHEESE", name="Vacherin", unit_price="12.50", tax_rate="0.026")
receive_stock("CHEESE", 100_000, "the test")
"""
