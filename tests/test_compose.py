"""The compose file is well formed, and its services are what the shop promises of them."""

import copy
import json
import re
from datetime import timedelta
from importlib.resources import files

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from bus.handlers import declared
from config.flower import OPTIONS
from tests.containers.values import CHOSEN, LEFT, known
from tests.support import compose

SCHEMA = json.loads(
    files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text()
)
SERVICES = compose.services()
OURS = [name for name, service in SERVICES.items() if service["image"] == "shop"]


def test_compose_file_follows_the_specification() -> None:
    jsonschema.validate(compose.document(), SCHEMA)


@pytest.mark.parametrize(
    "mistake", [{"stop_grace_periode": "60s"}, {"stop_grace_period": 60}, {"init": []}]
)
def test_specification_refuses_a_mistake(mistake: dict[str, object]) -> None:
    broken = copy.deepcopy(compose.document())
    broken["services"]["relay"] |= mistake

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


@pytest.mark.parametrize("name", compose.worker_names())
def test_worker_comes_from_one_anchor(name: str) -> None:
    assert f"  {name}:\n    <<: *worker\n" in compose.source()


@pytest.mark.parametrize("name", compose.worker_names())
def test_worker_can_be_scaled(name: str) -> None:
    worker = SERVICES[name]

    assert not {"container_name", "ports", "hostname"} & worker.keys()
    assert f"{name.removeprefix('worker-')}@%h" in worker["command"]


@pytest.mark.parametrize("name", compose.worker_names())
def test_worker_has_time_to_finish_its_longest_task(name: str) -> None:
    longest = max(handler.queue.hard_limit for handler in declared())

    assert compose.duration(SERVICES[name]["stop_grace_period"]) > longest
    assert SERVICES[name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    assert SERVICES[name]["stop_signal"] == "SIGTERM"


@pytest.mark.parametrize("name", compose.worker_names())
def test_worker_health_check_reads_a_file(name: str) -> None:
    test = " ".join(SERVICES[name]["healthcheck"]["test"])

    assert "inspect" not in test
    assert f"{SERVICES[name]['environment']['VAR_DIR']}/run" in test


@pytest.mark.parametrize("name", OURS)
def test_stop_signal_reaches_the_process_itself(name: str) -> None:
    command = SERVICES[name]["command"]

    assert isinstance(command, list)
    assert SERVICES[name]["init"] is True
    assert command[0] != "sh" or name == "migrate"


@pytest.mark.parametrize("name", sorted({*OURS} - {"migrate"}))
def test_nothing_starts_before_database_is_migrated(name: str) -> None:
    wanted = SERVICES[name]["depends_on"]["migrate"]

    assert wanted == {"condition": "service_completed_successfully"}


def test_migrate_runs_once_and_registers_subscriptions() -> None:
    migrate = SERVICES["migrate"]

    assert migrate["restart"] == "no"
    assert "migrate --no-input" in migrate["command"][-1]
    assert "subscriptions --register" in migrate["command"][-1]


NOT_HANDED_ON = {"ENV_FILE", "VAR_DIR"}
"""Nothing of the host's files is in a container, and its folder is a volume's place."""


@pytest.mark.parametrize("name", OURS)
def test_every_setting_reaches_every_service(name: str) -> None:
    example = (compose.ROOT / ".env.example").read_text()
    settings = set(re.findall(r"^(?:# )?([A-Z_0-9]+)=", example, re.MULTILINE)) - NOT_HANDED_ON
    found = SERVICES[name]["environment"]

    assert settings <= found.keys()
    for setting in settings:
        value = found[setting]
        assert value is None or value.startswith(f"${{{setting}:"), setting


def test_containers_of_tests_choose_every_setting_or_say_why_not() -> None:
    assert {*CHOSEN} | {*LEFT} == {*known()}
    assert not {*CHOSEN} & {*LEFT}
    assert [name for name, value in CHOSEN.items() if known()[name] == value] == []


def test_no_password_is_in_an_address() -> None:
    values = [value for name in OURS for value in SERVICES[name]["environment"].values()]

    assert not [value for value in values if value and "://" in value and "PASSWORD" in value]


def test_servers_and_shop_have_same_passwords() -> None:
    ours, server = (SERVICES[name]["environment"] for name in ("web", "postgres"))

    # An empty one, where the file has it: the image refuses both.
    assert server["POSTGRES_PASSWORD"] == "${DATABASE_PASSWORD:-}"
    assert server["POSTGRES_PASSWORD_FILE"] == ours["DATABASE_PASSWORD_FILE"]
    assert SERVICES["postgres"]["secrets"] == ["DATABASE_PASSWORD"]
    assert SERVICES["redis"]["environment"]["REDIS_PASSWORD"] == ours["REDIS_PASSWORD"]
    assert SERVICES["redis"]["secrets"] == ["REDIS_PASSWORD"]
    for command in (SERVICES["redis"]["command"], SERVICES["redis"]["healthcheck"]["test"]):
        assert "$$(cat /run/secrets/REDIS_PASSWORD)" in " ".join(command)
    assert "requirepass" in " ".join(SERVICES["redis"]["command"])


def test_documents_volume_is_mounted_where_it_is_used() -> None:
    sharing = {name for name in OURS if "documents:" in str(SERVICES[name].get("volumes"))}

    assert sharing == set(OURS)
    folder = SERVICES["web"]["environment"]["VAR_DIR"]
    assert SERVICES["web"]["volumes"] == [f"documents:{folder}/documents"]


def test_redis_persists_its_data() -> None:
    command = " ".join(SERVICES["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]


def test_shop_without_a_broker_is_two_services_that_need_no_redis() -> None:
    work = SERVICES["work"]

    assert work["profiles"]  # it starts by its name alone
    assert work["depends_on"].keys() == SERVICES["web"]["depends_on"].keys() == {"migrate"}
    lines = (compose.ROOT / "Procfile.none").read_text().splitlines()
    assert lines == [f"web: {compose.procfile()['web']}", "work: python manage.py work"]
    assert " ".join(work["command"]).startswith("python manage.py work ")


def test_two_relays_share_queues() -> None:
    assert SERVICES["relay"]["deploy"]["replicas"] == 2


def test_flower_is_read_only() -> None:
    flower = SERVICES["flower"]

    assert "manage.py flower" in " ".join(flower["command"])
    assert "--read_only" in OPTIONS


def test_flower_is_not_started_without_login(settings: Settings) -> None:
    settings.FLOWER_AUTH, settings.BUS_REDIS_URL = "", "redis://127.0.0.1:1/0"

    with pytest.raises(CommandError, match="FLOWER_AUTH is not set"):
        call_command("flower")


def test_files_of_the_image_are_readable_by_its_user() -> None:
    assert "chmod -R a+rX ." in (compose.ROOT / "Dockerfile").read_text()


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_image_does_not_run_as_root() -> None:
    lines = (compose.ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in {"root", "0"}


@pytest.mark.parametrize("text", ["150s", "2m30s"])
def test_durations_are_parsed(text: str) -> None:
    assert compose.duration(text) == timedelta(seconds=150)
