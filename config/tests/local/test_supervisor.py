"""The supervisor starts, restarts and stops processes, and leaves none."""

import os
import signal
from collections.abc import Callable

from config.tests.local.conftest import Running

Toy = Callable[[str], Running]


def alive(pid: int) -> bool:
    """Whether a process, or anything in its group, still exists."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pids(shop: Running) -> list[int]:
    return [pid for name in ("front", "back", "last") if (pid := shop.pid(name))]


def ready(shop: Running) -> bool:
    return "ready\n" in shop.text and len(pids(shop)) == 3


def test_stop_ends_processes_stage_by_stage(toy_shop: Toy) -> None:
    shop = toy_shop("serve")
    shop.wait_for(lambda: ready(shop) and shop.text.count("serves") == 3)
    family = pids(shop)

    shop.process.send_signal(signal.SIGINT)

    assert shop.ended() == 0
    order = [line.split("| ")[1] for line in shop.text.splitlines() if line.endswith("ends")]
    assert order == ["front ends", "back ends", "last ends"]
    shop.wait_for(lambda: not any(map(alive, family)))
    assert not list(shop.folder.glob("[!s]*.pid"))


def test_line_that_a_program_hides_is_not_printed(toy_shop: Toy) -> None:
    shop = toy_shop("serve")
    shop.wait_for(lambda: ready(shop) and shop.text.count("serves") == 3)

    assert "back whispers" in shop.text
    assert "front whispers" not in shop.text


def test_process_that_does_not_end_is_killed_with_its_children(toy_shop: Toy) -> None:
    shop = toy_shop("deaf")
    shop.wait_for(lambda: ready(shop) and "grandchild" in shop.text)
    family = pids(shop)

    shop.process.send_signal(signal.SIGTERM)

    assert shop.ended() == 0
    assert shop.text.count("did not end in time and was killed") == 1
    shop.wait_for(lambda: not any(map(alive, family)))


def test_second_stop_kills_at_once(toy_shop: Toy) -> None:
    shop = toy_shop("deaf")
    shop.wait_for(lambda: ready(shop) and "grandchild" in shop.text)
    family = pids(shop)

    shop.process.send_signal(signal.SIGINT)
    shop.wait_for(lambda: "back ends" in shop.text)
    shop.process.send_signal(signal.SIGINT)

    assert shop.ended() == 0
    assert "did not end in time" not in shop.text
    shop.wait_for(lambda: not any(map(alive, family)))


def test_process_that_died_is_started_again(toy_shop: Toy) -> None:
    shop = toy_shop("serve")
    shop.wait_for(lambda: ready(shop))
    before = shop.pid("back")
    assert before

    os.kill(before, signal.SIGKILL)

    shop.wait_for(lambda: shop.pid("back") not in (None, before))
    assert "ended with signal SIGKILL; restarting in 1 s" in shop.text


def test_process_that_cannot_start_ends_the_start_with_its_output(toy_shop: Toy) -> None:
    shop = toy_shop("crash")

    assert shop.ended(30) == 1
    assert "last cannot start: the moon is in the wrong phase" in shop.text
    assert "Traceback" not in shop.text


def test_second_supervisor_of_same_folder_is_refused(toy_shop: Toy) -> None:
    first = toy_shop("serve")
    first.wait_for(lambda: ready(first))
    pid = first.process.pid
    said = first.text

    second = toy_shop("serve")

    assert second.ended() == 1
    assert f"already runs from {first.folder.parent}, as process {pid}" in second.text
    assert said.count("ready") == 1
