"""Users and groups, in the admin's theme."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import (
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from config.staff_site import PasswordOnly
from shop.admin import WritableAdmin
from shop.changes import ChangesForm

admin.site.unregister([User, Group])


class UserForm(ChangesForm, UserChangeForm):
    """Writes the changed fields alone: logins and new passwords write to the same row."""


class PasswordForm(PasswordOnly, AdminPasswordChangeForm):
    """A user's password, set by staff."""


@admin.register(User)
class UserAdmin(PlainUserAdmin, WritableAdmin):
    form = UserForm
    add_form = UserCreationForm
    change_password_form = PasswordForm


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, WritableAdmin):
    pass
