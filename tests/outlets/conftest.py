"""One destination with its server, and the subscriptions that a start with its address declares."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from outlets.destinations.kinds import KINDS
from outlets.tasks import subscribe_destination
from tests.outlets.stands import STANDS, Stand, standing
from tests.support.certificates import Authority
from tests.support.declaring import declaring
from tests.support.http_stub import HttpStub, Reply

TOKEN = "t0ken"


@pytest.fixture(params=STANDS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def stand(name: str, tmp_path: Path, settings: Any) -> Iterator[Stand]:
    with standing(name, tmp_path) as found:
        settings.OUTLETS = {**settings.OUTLETS, name: found.url}
        with declaring(partial(subscribe_destination, KINDS[name])):
            yield found


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpStub]:
    """Where Google's clients get tokens, with the credentials of a service account."""
    _certificate, key = Authority(made(tmp_path / "google")).certify("account")
    with HttpStub() as tokens:
        token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        tokens.replies = [Reply(200, body=json.dumps(token).encode())]
        account = {
            "type": "service_account",
            "client_email": "shop@shop.iam.gserviceaccount.com",
            "private_key": key.read_text(),
            "token_uri": tokens.url,
        }
        file = tmp_path / "account.json"
        file.write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        yield tokens


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder
