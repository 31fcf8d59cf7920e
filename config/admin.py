"""Users and groups, in the admin's theme."""

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import action
from unfold.forms import (
    AdminPasswordChangeForm,
    BaseDialogForm,
    UserChangeForm,
    UserCreationForm,
)

from config.factors import devices
from config.staff_site import PasswordOnly
from shop.admin import WritableAdmin, row_of
from shop.changes import ChangesForm
from shop.submissions import onward

admin.site.unregister([User, Group])
# Their pages would show the keys. Each user has a page of one's own, and operators reset others'.
admin.site.unregister([TOTPDevice, StaticDevice])

RESET = {
    "title": "Reset the second factor",
    "description": "Make sure that it is this person who asks. The app and the recovery codes stop "
    "working, open sessions end, and the password is all that the next login asks for.",
    "form_submit_text": "Reset it",
}


class UserForm(ChangesForm, UserChangeForm):
    """Writes the changed fields alone: logins and new passwords write to the same row."""


class PasswordForm(PasswordOnly, AdminPasswordChangeForm):
    """A user's password, set by staff."""


@admin.register(User)
class UserAdmin(PlainUserAdmin, WritableAdmin):
    form = UserForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    actions_detail = ("reset_factor",)

    def has_reset_factor_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Only for another user who has one; that of a superuser needs a superuser."""
        if not request.user.has_perm("otp_totp.delete_totpdevice"):
            return False
        user = self.get_object(request, str(object_id))
        if user is None or user == request.user or devices.device_of(user) is None:
            return False
        return request.user.is_superuser or not user.is_superuser

    @action(
        description="Reset second factor",
        url_path="reset-factor",
        permissions=["reset_factor"],
        icon="lock_reset",
        dialog=RESET,
    )
    def reset_factor(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        user = row_of(self, request, object_id)
        if devices.remove(user):
            self.log_change(request, user, "Second factor reset")
            messages.success(request, f"The second factor of {user} is reset.")
        return onward(request, reverse("admin:auth_user_change", args=[user.pk]))


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, WritableAdmin):
    pass
