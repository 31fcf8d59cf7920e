"""The page on which a customer cancels an order: a question first, then once."""

from http import HTTPStatus

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import selectors, services
from orders.models import Order, State
from shop import reasons
from shop.submissions import once
from shop.text import validate_plain


class CancelForm(forms.Form):
    """An optional reason. It stays in the order's row; no event holds it."""

    reason = forms.CharField(
        label=gettext_lazy("Why? (optional)"),
        max_length=500,
        required=False,
        validators=[validate_plain],
        widget=forms.TextInput(attrs={"autocomplete": "off", "aria-describedby": "reason-hint"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@once
def cancel_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and cancel when the form is sent. An order that cannot be cancelled: why."""
    order = selectors.order_of_link(token)
    if order is None:
        raise Http404
    if order.state == State.CANCELLED:
        messages.info(request, _("Your order is cancelled already."))
        return redirect("order-page", token)
    form = CancelForm(request.POST or None, label_suffix="")
    if request.method != "POST" or not order.cancellable:
        return _page(request, order, token, form)
    if not form.is_valid():
        return _page(request, order, token, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        services.cancel_order(order.pk, form.cleaned_data["reason"] or reasons.BY_CUSTOMER)
    except services.NotCancellable:
        # Sent or cancelled between the two reads.
        order.refresh_from_db()
        if order.state != State.CANCELLED:
            return _page(request, order, token, form, HTTPStatus.CONFLICT)
    return redirect("order-page", token)


def _page(
    request: HttpRequest,
    order: Order,
    token: str,
    form: CancelForm,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "order": order,
        "token": token,
        "form": form,
        "seller_email": settings.SELLER["email"],
    }
    response = render(request, "orders/cancel_page.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
