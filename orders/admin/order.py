"""Orders in the admin: staff write a draft and place it; then it is only read or cancelled."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display

from orders import phases, services
from orders.admin.filters import PhaseFilter
from orders.admin.lines import LineInline, is_draft
from orders.admin.overview import overview_of
from orders.forms import CancelForm
from orders.models import Order, State
from orders.resources import OrderResource
from shop import links
from shop.admin import WritableAdmin, amount, row_of
from shop.exchange.admin import Exports

ADDRESS = ["line1", "line2", "postal_code", "city", "region", "country"]
CUSTOMER = ["email", "name", *ADDRESS, "language"]
MAY_PLACE = "orders.place_order"
MAY_CANCEL = "orders.cancel_order"
PLACE_BUTTON = "orders_order_save_and_place"
CANCEL_BUTTON = "orders_order_cancel"
REFUSALS = (
    services.NotADraft,
    services.OrderHasNoLines,
    services.OutOfStock,
    services.TooManyPieces,
    services.UnknownProducts,
)


@admin.register(Order)
class OrderAdmin(Exports, WritableAdmin):
    """A saved order is first a draft; it is placed in `save_related`, after its lines are saved."""

    resource = OrderResource
    list_display = ["order", "phase", "name", "email", "amount", "placed_at"]
    list_filter = [PhaseFilter, "placed_at", "shipped_at"]
    search_fields = ["number", "email", "name"]
    search_help_text = "Number, e-mail or name"
    inlines = [LineInline]
    # Django's "view on site" link checks no permission; `customers_page` does.
    view_on_site = False
    actions_detail = ["customers_page", "deliveries", "cancel"]
    actions_submit_line = ["save_and_place"]
    readonly_fields = ["net_amount", "tax_amount", "amount"]
    net_amount, tax_amount, amount = amount("net"), amount("tax"), amount("total")

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """Of a draft, which has no amounts before its lines are saved."""
        shown: list[Any] = [(None, {"fields": ["state"]}), ("Customer", {"fields": CUSTOMER})]
        if obj is not None:
            shown.append(("Amounts", {"fields": ["net_amount", "tax_amount", "amount"]}))
        return shown

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """The form of a draft; the overview of any other order."""
        response = super().render_change_form(request, context, *args, **options)
        order = context.get("original")
        if not is_draft(order):
            response.template_name = "orders/overview.html"
            response.context_data |= overview_of(order, request.user)
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """The order of a whole number or the orders of a whole e-mail address, by their indexes;
        only another text is searched for in all orders."""
        term = search_term.strip()
        if term:
            whole = queryset.filter(Q(number=term.upper()) | Q(email=term))
            if whole.exists():
                return whole, False
        return super().get_search_results(request, queryset, search_term)

    @display(description="order", ordering="number")
    def order(self, order: Order) -> str:
        return str(order)

    @display(description="phase", ordering="state", label=phases.COLOURS)
    def phase(self, order: Order) -> str:
        return phases.phase_of(order)

    def get_form(
        self, request: HttpRequest, obj: Order | None = None, change: bool = False, **options: Any
    ) -> Any:
        """Say of the parts of an address why they have no star."""
        notes = dict.fromkeys(("postal_code", "city"), "Required in most countries.")
        return super().get_form(request, obj, change, help_texts=notes, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str]:
        """Preset the country with the shop's own."""
        asked: dict[str, str] = super().get_changeform_initial_data(request)
        return {"country": settings.SELLER["country"]} | asked

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "state":
            options["choices"] = [(State.DRAFT, "draft")]
            if request.user.has_perm(MAY_PLACE):
                options["choices"].append((State.PLACED, "placed: saving places it"))
        return super().formfield_for_choice_field(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """A draft, one at a time: the list's delete action would not check the state."""
        return obj is not None and is_draft(obj) and super().has_delete_permission(request, obj)

    def has_place_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self._may(request, MAY_PLACE, object_id, state=State.DRAFT)

    def has_cancel_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """In any state: for an order that cannot be cancelled, `cancel` shows the reason."""
        return request.user.has_perm(MAY_CANCEL)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """The page's buttons, without Cancel if the order cannot be cancelled."""
        found = super().get_actions_detail(request, object_id)
        if self._may(request, MAY_CANCEL, object_id, state=State.PLACED, shipped_at=None):
            return found
        return [one for one in found if one.action_name != CANCEL_BUTTON]

    def has_visit_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Needs the permission to cancel: the customer's page has the link that cancels."""
        return self._may(request, MAY_CANCEL, object_id, number__isnull=False)

    def has_follow_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self._may(request, "bus.view_delivery", object_id, number__isnull=False)

    def _may(self, request: HttpRequest, permission: str, object_id: object, **how: object) -> bool:
        """Check permission and row; only the permission without an id, as for a pressed button."""
        if not request.user.has_perm(permission):
            return False
        if object_id is None:
            return True
        text = str(object_id)
        # Python refuses to read a number of 5,000 digits; keys have 19 at most.
        is_key = len(text) <= 19 and text.isdecimal()
        return is_key and Order.objects.filter(pk=text, **how).exists()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Refuse, with a message, a form opened before the order was placed or cancelled."""
        may = request.method == "POST" and request.user.has_perm("orders.change_order")
        order = self.get_object(request, unquote(object_id)) if may and object_id else None
        if order is None or is_draft(order):
            return super().changeform_view(request, object_id, form_url, extra_context)
        word = "placed" if order.state == State.PLACED else "cancelled"
        messages.warning(request, f"Order {order} is {word} already; nothing was changed.")
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        wanted = obj.state == State.PLACED or PLACE_BUTTON in request.POST
        form.places = wanted and request.user.has_perm(MAY_PLACE)
        obj.state = State.DRAFT
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.price_draft(form.instance.pk)
        if not form.places:
            return
        try:
            placed = services.place_order(form.instance.pk)
        except REFUSALS as refusal:
            messages.error(request, f"Saved as a draft, not placed: {refusal}")
        else:
            form.instance.number = placed.number
            page = reverse("admin:orders_order_change", args=[placed.pk])
            said = format_html('Order <a href="{}">{}</a> is placed.', page, placed.number)
            messages.success(request, said)

    @action(description="Save and place", permissions=["place"], icon="shopping_cart_checkout")
    def save_and_place(self, request: HttpRequest, obj: Order) -> None:
        """The form's button. Placing happens in `save_related`, after the lines are saved."""

    @action(
        description="Customer's page",
        url_path="customers-page",
        permissions=["visit"],
        icon="open_in_new",
    )
    def customers_page(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Redirect to the page on which the customer follows the order."""
        order = row_of(self, request, object_id)
        return HttpResponseRedirect(reverse("order-page", args=[links.token_of(order.public_id)]))

    @action(description="Event bus", permissions=["follow"], icon="account_tree")
    def deliveries(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Redirect to the deliveries of this order's events."""
        order = row_of(self, request, object_id)
        address = reverse("admin:bus_delivery_changelist")
        return HttpResponseRedirect(f"{address}?q={order.number}")

    @action(description="Cancel order", permissions=["cancel"], icon="cancel")
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask for the reason, then cancel."""
        order = row_of(self, request, object_id)
        if not order.cancellable:
            why = "on its way" if order.shipped_at and order.state == State.PLACED else order.state
            messages.warning(request, f"Order {order} is {why} already; nothing was changed.")
            return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))
        form = CancelForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._cancel(request, order, form.cleaned_data["reason"])
        context = self.admin_site.each_context(request) | {
            "title": f"Cancel order {order}",
            "opts": self.opts,
            "original": order,
            "form": form,
        }
        return render(request, "orders/cancel.html", context)

    def _cancel(self, request: HttpRequest, order: Order, reason: str) -> HttpResponse:
        try:
            services.cancel_order(order.pk, reason)
        except services.NotCancellable as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, order, f"Cancelled: {reason}")
            messages.success(request, f"Order {order} is cancelled.")
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))
