"""Users and groups, in the theme of the rest of the admin."""

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
admin.site.index_template = "config/home.html"


class UserForm(ChangesForm, UserChangeForm):
    """A log-in writes its time to the row, and a new password may."""


class PasswordForm(PasswordOnly, AdminPasswordChangeForm):
    """Somebody's password, set by staff."""


@admin.register(User)
class UserAdmin(PlainUserAdmin, WritableAdmin):
    form = UserForm
    add_form = UserCreationForm
    change_password_form = PasswordForm


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, WritableAdmin):
    pass
