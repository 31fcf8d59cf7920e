"""The lines of an order in the admin, which can be changed while it is a draft."""

from django.http import HttpRequest
from unfold.admin import TabularInline

from orders.forms import LineForm, LineFormSet
from orders.models import MOST_LINES, Order, OrderLine, State
from shop.admin import amount, rate


def is_draft(order: object) -> bool:
    """True also for an id or None, with which Unfold checks permissions; see `_may` for those."""
    return not isinstance(order, Order) or order.state == State.DRAFT


def _may_write(request: HttpRequest, order: Order | None) -> bool:
    return request.user.has_perm(f"orders.{'change' if order else 'add'}_order")


class LineInline(TabularInline):
    """Lines belong to their order: who may write the order may write them."""

    model = OrderLine
    form = LineForm
    formset = LineFormSet
    fields = ["sku", "quantity", "name", "price", "tax_percent", "amount"]
    readonly_fields = ["name", "price", "tax_percent", "amount"]
    extra = 1
    hide_title = True
    max_num = MOST_LINES
    price, tax_percent, amount = amount("unit_price"), rate("tax_rate"), amount("total")

    def has_view_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return any(request.user.has_perm(f"orders.{may}_order") for may in ("view", "change"))

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return is_draft(obj) and _may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return is_draft(obj) and _may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return is_draft(obj) and _may_write(request, obj)
