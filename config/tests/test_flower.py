"""Flower always has a login, and few passwords can be tried."""

import asyncio
from types import SimpleNamespace

import pytest
from flower.views import BaseHandler
from pytest_django.fixtures import Settings
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, authenticated

from config.checks.secrets import check_flower_login
from config.flower import flower_login, limit_wrong_passwords
from shop.budgets import Rate


def test_flower_makes_a_login_without_debug(settings: Settings) -> None:
    flower_login.cache_clear()
    settings.DEBUG, settings.FLOWER_AUTH = False, ""

    user, _, password = flower_login().partition(":")

    assert user == "admin"
    assert len(password) >= 16
    assert not check_flower_login().fails
    flower_login.cache_clear()


class Page(BaseHandler):
    """A page of Flower that needs its login."""

    @authenticated
    def get(self) -> None:
        self.write("workers")


async def answers(*passwords: str | None) -> list[int]:
    """The status of one request with each password; None sends no login."""
    application = Application([("/", Page)])
    application.options = SimpleNamespace(basic_auth=["grace:s3cret"], auth=None)
    server = HTTPServer(application)
    (socket,) = bind_sockets(0, "127.0.0.1")
    server.add_sockets([socket])
    url = f"http://127.0.0.1:{socket.getsockname()[1]}/"
    found = []
    for password in passwords:
        login = {} if password is None else {"auth_username": "grace", "auth_password": password}
        answer = await AsyncHTTPClient().fetch(url, raise_error=False, **login)
        found.append(answer.code)
    server.stop()
    return found


def test_flower_refuses_more_wrong_passwords_than_the_budget(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseHandler, "get_current_user", BaseHandler.get_current_user)
    settings.BUDGETS = settings.BUDGETS | {"LOGINS_PER_ADDRESS": Rate(2, 3600)}
    limit_wrong_passwords()

    tried = asyncio.run(answers(None, None, None, "s3cret", "s3cret", "a", "s3cret", "b", "s3cret"))

    assert tried == [401, 401, 401, 200, 200, 401, 200, 401, 429]
