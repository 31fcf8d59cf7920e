"""The commands of docs/backup.md for containers: a backup, and a restore while orders are open."""

import subprocess
from pathlib import Path

import pytest

from tests.containers.project import Project
from tests.support.compose import ROOT
from tests.support.manual import shown

pytestmark = pytest.mark.timeout(900)


def run(shop: Project, what: str, folder: Path, **more: str) -> str:
    user, database = (shop.settings[f"DATABASE_{name}"] for name in ("USER", "NAME"))
    here = {"backup/": f"{folder}/", "-p backup": f"-p {folder}"} if what == "back up" else {}
    here |= {"backup/": f"{folder}/"} if what == "restore" else {}
    here |= {"--username=shop": f"--username={user}"} | more
    commands = shown(f"{what}: containers", here, "backup.md")
    for name in (" shop\n", " shop >", "=shop "):
        commands = commands.replace(name, name.replace("shop", database))
    ended = subprocess.run(
        ["sh", "-euc", commands], cwd=ROOT, env=shop.env, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_restored_containers_settle_what_was_open(shop: Project, tmp_path: Path) -> None:
    settled = shop.place_order()
    shop.wait_until_settled(settled)
    shop.compose("stop", "worker-notifications")
    waiting = shop.place_order()
    shop.wait_for(lambda: shop.open_deliveries(waiting) == {"notifications"}, 60)
    run(shop, "back up", tmp_path)
    shop.compose("stop", "worker-billing")  # its documents would have to be moved away
    lost = shop.place_order()

    run(shop, "restore", tmp_path)

    last = int(lost["number"].removeprefix("SO-")) - 100_000
    run(shop, "numbers", tmp_path, **{"500": str(last)})
    shop.up()
    shop.wait_until_settled(settled, waiting)
    assert "links" not in shop.follow(lost)
    assert shop.place_order()["number"] > lost["number"]
    shop.manage("web", "audit")
