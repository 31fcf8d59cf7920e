"""Demo data is refused without DEBUG."""

import pytest
from django.contrib.auth import get_user_model
from pytest_django.fixtures import Settings

from config.checks.leftovers import check_goods, check_staff
from config.demo.catalogue import CATALOGUE
from config.demo.seeding import seed, take_off_sale


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "password", "refused"), [("admin", "admin", True), ("admin", "s3cret-s3cret", False)]
)
def test_default_login_is_refused_without_debug(
    settings: Settings, name: str, password: str, refused: bool
) -> None:
    user = get_user_model().objects.create_superuser(name, "admin@example.com", password)

    assert check_staff().fails is refused
    if refused:
        assert "manage.py changepassword admin" in check_staff().fix
    settings.DEBUG = True
    assert not check_staff().fails
    settings.DEBUG = False
    user.is_active = False
    user.save()
    assert not check_staff().fails


@pytest.mark.django_db
def test_demo_goods_on_sale_are_refused_without_debug(settings: Settings) -> None:
    assert not check_goods().fails
    seed()

    assert check_goods().state == f"{len(CATALOGUE)} are on sale"
    assert "seed --remove" in check_goods().fix
    settings.DEBUG = True
    assert not check_goods().fails
    settings.DEBUG = False
    take_off_sale()
    assert not check_goods().fails
