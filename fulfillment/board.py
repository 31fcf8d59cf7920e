"""The packing board: shipments to pack and to be returned, with the forms for both."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from fulfillment import selectors, services
from fulfillment.forms import DispatchForm
from fulfillment.models import Shipment

ON_A_PAGE = 20


@dataclass(frozen=True)
class Parcel:
    shipment: Shipment
    form: DispatchForm


def show(site: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The board. A POST dispatches or takes back a shipment, then redirects to the board.

    The redirect drops the search: its shipment is no longer on the board.
    """
    if not site.has_view_permission(request):
        raise PermissionDenied
    tried: dict[str, DispatchForm] = {}
    if request.method == "POST":
        tried = _do(site, request)
        if not tried:
            searched = "q" in request.GET
            return HttpResponseRedirect(request.path if searched else request.get_full_path())
    wanted = request.GET.get("q", "")
    page = Paginator(selectors.to_pack(wanted), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        **site.admin_site.each_context(request),
        "title": "Packing board",
        "opts": site.opts,
        "page": page,
        "parcels": [Parcel(one, tried.get(str(one.pk)) or _form(one.pk)) for one in page],
        "returns": selectors.to_be_returned(),
        "carriers": selectors.carriers(),
        "wanted": wanted,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if tried else HTTPStatus.OK
    return TemplateResponse(request, "fulfillment/packing_board.html", context, status=status)


def _form(shipment_id: int | str, data: object = None) -> DispatchForm:
    return DispatchForm(data, prefix=str(shipment_id))


def _do(site: ModelAdmin, request: HttpRequest) -> dict[str, DispatchForm]:
    """Run the pressed button; returns the form to be corrected, by shipment, if there is one."""
    dispatched, returned = (request.POST.get(name, "") for name in ("dispatch", "take_back"))
    try:
        if dispatched:
            form = _form(dispatched, request.POST)
            if not form.is_valid():
                return {dispatched: form}
            shipment = services.dispatch_shipment(int(dispatched), **form.cleaned_data)
            done = f"left with {shipment.carrier} {shipment.tracking_number}."
        else:
            shipment = services.take_back(int(returned))
            done = "is back. Receive its goods under Stock once they are counted."
    except (services.NotNow, Shipment.DoesNotExist, ValueError) as error:
        refused = isinstance(error, services.NotNow)
        messages.error(request, str(error) if refused else "There is no such shipment.")
    else:
        site.log_change(request, shipment, done)
        messages.success(request, f"{shipment.number} {done}")
    return {}
