"""Each page's policy: strict, but where a package draws the page."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config.csp import PolicyMiddleware

HEADER = "Content-Security-Policy"


def directives(policy: str) -> dict[str, set[str]]:
    parts = (part.split() for part in policy.split(";"))
    return {name: set(values) for name, *values in parts}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/api/problems/", "/nothing/", "/?q=%00"])
def test_page_of_the_shop_runs_no_script_and_style_of_its_own_text(
    client: Client, address: str
) -> None:
    policy = directives(client.get(address)[HEADER])

    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == policy["style-src"] == {"'self'"}
    assert policy["base-uri"] == policy["frame-ancestors"] == {"'none'"}
    assert policy["form-action"] == {"'self'"}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/login/", "/api/docs/"])
def test_page_of_a_package_may_run_its_scripts_but_load_nothing_from_elsewhere(
    client: Client, address: str
) -> None:
    policy = directives(client.get(address)[HEADER])

    assert "'unsafe-inline'" in policy["script-src"]
    assert policy["default-src"] == policy["frame-ancestors"] == {"'none'"}
    assert {value for values in policy.values() for value in values} <= {
        "'none'", "'self'", "'unsafe-inline'", "'unsafe-eval'", "data:",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["application/pdf", "application/json"])
def test_answer_that_is_no_page_has_no_policy(kind: str) -> None:
    answer = PolicyMiddleware(lambda _request: HttpResponse(content_type=kind))

    assert HEADER not in answer(RequestFactory().get("/"))
