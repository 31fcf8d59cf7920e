"""Backups of a live shop, and their restoration, by the commands of docs/backup.md."""

import subprocess
from pathlib import Path

from tests.live.shop import MANAGE, Shop
from tests.support.manual import shown


def back_up(shop: Shop, folder: Path) -> None:
    """Write the database and the documents into `folder`/backup."""
    _run(shop, "back up", folder)


def restore(shop: Shop, folder: Path) -> None:
    """Bring them back into a shop whose database is empty."""
    _run(shop, "restore", folder)


def go_on_after(shop: Shop, number: str, folder: Path) -> None:
    """Give the next order a number above this one."""
    _run(shop, "numbers", folder, {"500": str(int(number.removeprefix("SO-")) - 100_000)})


def manage(shop: Shop, *arguments: str) -> tuple[int, str]:
    """The exit code of a command, and all that it says."""
    wide = shop.env | {"COLUMNS": "400"}
    ended = subprocess.run([*MANAGE, *arguments], env=wide, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def _run(shop: Shop, what: str, folder: Path, more: dict[str, str] | None = None) -> None:
    url = shop.env.get("DATABASE_URL", "")
    if url:
        name = f"{what}: PostgreSQL"
        here = {"postgres://shop@127.0.0.1:5432/shop": url, "/var/lib/shop/": f"{shop.folder}/"}
    else:
        name, here = f"{what}: SQLite", {"var/": f"{shop.folder}/"}
    if more:
        here = {key: value for key, value in here.items() if key != "/var/lib/shop/"} | more
    commands = shown(name, here, "backup.md")
    ended = subprocess.run(
        ["sh", "-euc", commands], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
