"""Holders of `bus.operate` keep at an upgrade what it allowed."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType

from bus.models import Delivery
from config.roles import ROLES, add_missing_groups

pytestmark = pytest.mark.django_db
migration = import_module("config.migrations.0001_permissions_of_operators")


@pytest.fixture
def operate() -> Permission:
    """As the release before had it."""
    kind = ContentType.objects.get_for_model(Delivery)
    return Permission.objects.create(content_type=kind, codename="operate", name="Can operate")


def test_holders_of_operate_get_what_it_allowed(operate: Permission) -> None:
    group, user = Group.objects.create(name="night"), User.objects.create_user("ada")
    group.permissions.add(operate)
    user.user_permissions.add(operate)
    other = Group.objects.create(name="other")

    migration.grant(apps, None)

    wanted = {f"{app}.{codename}" for app, _, codename, _ in migration.OPERATE}
    assert user.get_all_permissions() == wanted | {"bus.operate"}
    assert group.permissions.count() == len(wanted) + 1
    assert not other.permissions.exists()
    operate.refresh_from_db()
    assert operate.name.startswith("Has no effect any more")


def test_who_changes_endpoints_keeps_sending_again() -> None:
    user = User.objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_endpoint"))

    migration.grant(apps, None)

    assert user.has_perm("outlets.resend_webhook")


def test_migration_makes_no_permission_that_models_do_not_declare() -> None:
    """It makes the rows itself, as it runs before Django makes them."""
    add_missing_groups()
    declared = set(Permission.objects.values_list("content_type__model", "codename", "name"))

    made = {tuple(row[1:]) for row in [*migration.OPERATE, *migration.RESEND]}

    assert made <= declared
    assert {f"{app}.{codename}" for app, _, codename, _ in migration.OPERATE} <= set(
        ROLES["operator"]
    )
