"""Who holds `bus.operate`, or changes endpoints, keeps what it allowed, as separate permissions.

The row of `bus.operate` stays: processes of the release before ask for it while both run.
"""

from django.db import migrations

OPERATE = [
    ("bus", "delivery", "redeliver_delivery", "Can deliver again"),
    ("bus", "delivery", "discard_delivery", "Can discard deliveries"),
    ("bus", "subscription", "pause_subscription", "Can pause and resume subscriptions"),
    ("bus", "subscription", "retire_subscription", "Can retire subscriptions"),
    ("bus", "subscription", "backfill_subscription", "Can backfill subscriptions"),
    ("bus", "console", "run_job", "Can run jobs"),
    ("bus", "console", "drop_message", "Can drop quarantined messages"),
    ("bus", "failurenote", "change_failurenote", "Can change failure note"),
]
RESEND = [("outlets", "webhook", "resend_webhook", "Can send webhooks again")]


def grant(apps, _schema_editor):
    for app, held, wanted in (
        ("bus", "operate", OPERATE),
        ("outlets", "change_endpoint", RESEND),
    ):
        _extend(apps, app, held, wanted)
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="bus", codename="operate"
    ).update(name="Has no effect any more: replaced by a permission for each action")


def _extend(apps, app, held, wanted):
    Permission, ContentType, Group, User = (
        apps.get_model(*name)
        for name in (
            ("auth", "Permission"),
            ("contenttypes", "ContentType"),
            ("auth", "Group"),
            ("auth", "User"),
        )
    )
    old = Permission.objects.filter(content_type__app_label=app, codename=held).first()
    if old is None:
        return  # a new database, whose permissions are made after its migrations
    new = []
    for app_label, model, codename, name in wanted:
        kind, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
        permission, _ = Permission.objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
        new.append(permission)
    for group in Group.objects.filter(permissions=old):
        group.permissions.add(*new)
    for user in User.objects.filter(user_permissions=old):
        user.user_permissions.add(*new)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("bus", "0023_permissions"),
        ("outlets", "0003_permissions"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
