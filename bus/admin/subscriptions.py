"""Subscriptions in the admin: pause, resume, retire, backfill."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import action, display

from bus import ops
from bus.admin.confirmation import BackfillForm, ask
from bus.admin.read_only import ReadOnly, in_words, record_of
from bus.models import Delivery, State, Subscription
from bus.ops import Refused, counted
from bus.ops.backfill import backfill, missing
from bus.selectors import oldest_by_subscription

MOST_CHANGED = 10_000
"""In one request, which takes seconds; the command line has no such limit."""

IDLE_WITHIN = timedelta(seconds=5)
"""The time for deliveries in flight to end, while a browser waits."""


def _retire(name: str, **record: str) -> None:
    open_ = Delivery.objects.filter(subscription__name=name, state__in=(State.WAITING, State.DEAD))
    if open_[MOST_CHANGED : MOST_CHANGED + 1].exists():
        raise Refused(
            f"{name} has more than {MOST_CHANGED} open deliveries. Discard them first, in the list "
            "of deliveries, or retire it by manage.py subscriptions --retire."
        )
    ops.retire(name, **record)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = ("handler", "event_type", "queue", "batch", "suppressible", "state")
    list_filter = ("queue", "event_type")
    list_select_related = ("queue",)
    search_fields = ("name",)
    actions = ("pause", "resume", "retire")
    actions_detail = ("backfill",)

    @display(description="handler", ordering="name")
    def handler(self, subscription: Subscription) -> str:
        return in_words(subscription.name)

    @display(
        description="state", label={"active": "success", "paused": "warning", "held": "warning"}
    )
    def state(self, subscription: Subscription) -> str:
        return subscription.status

    @non_atomic_requests
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # One statement for the whole list.
        request.oldest = oldest_by_subscription()  # type: ignore[attr-defined]  # for `oldest`
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """With a column that `changelist_view` has read."""

        @display(description="oldest open")
        def oldest(subscription: Subscription) -> str:
            since = request.oldest.get(subscription.pk)  # type: ignore[attr-defined]  # see above
            return date_format(timezone.localtime(since), "j M, H:i:s") if since else "-"

        *columns, state = super().get_list_display(request)
        return (*columns, oldest, state)

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bus.pause_subscription")

    def has_retire_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bus.retire_subscription")

    def has_backfill_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm("bus.backfill_subscription")

    @admin.action(description="Pause", permissions=["pause"])
    def pause(self, request: HttpRequest, subscriptions: QuerySet[Subscription]) -> None:
        self._each(request, ops.pause, subscriptions, "paused")

    @admin.action(description="Resume", permissions=["pause"])
    def resume(self, request: HttpRequest, subscriptions: QuerySet[Subscription]) -> None:
        self._each(request, ops.resume, subscriptions, "active")

    @admin.action(description="Retire (needs a reason)", permissions=["retire"])
    def retire(self, request: HttpRequest, subscriptions: QuerySet[Subscription]) -> None:
        self._each(request, _retire, subscriptions, "retired")

    def _each(
        self, request: HttpRequest, operation: Any, subscriptions: QuerySet[Subscription], what: str
    ) -> None:
        done, refusals = [], []
        for name in list(subscriptions.values_list("name", flat=True)):
            try:
                operation(name, **record_of(request))
            except Refused as error:
                refusals.append(str(error))
            else:
                done.append(name)
        for refusal in dict.fromkeys(refusals):
            self.message_user(request, refusal, messages.ERROR)
        if done:
            self.message_user(request, f"Now {what}: {', '.join(done)}.", messages.SUCCESS)

    @action(description="Backfill", permissions=["backfill"], icon="history")
    @non_atomic_requests
    def backfill(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Read the parameters of a backfill, then run it."""
        subscription = self.get_object(request, object_id)
        if subscription is None:
            sentence = f"There is no subscription with the id {object_id}."
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:bus_subscription_changelist"))
        form = BackfillForm(request.POST or None)
        if form.is_valid():
            try:
                self._backfill(request, subscription, form)
            except Refused as error:
                form.add_error(None, str(error))
            else:
                there = reverse("admin:bus_delivery_changelist")
                return HttpResponseRedirect(f"{there}?subscription__id__exact={subscription.pk}")
        return ask(
            self,
            request,
            form,
            f"Backfill {subscription}",
            reverse("admin:bus_subscription_change", args=[subscription.pk]),
            says=f"Inserts a delivery of each {subscription.event_type} since then that has none.",
            button="Backfill",
        )

    def _backfill(
        self, request: HttpRequest, subscription: Subscription, form: BackfillForm
    ) -> None:
        since, rate = form.cleaned_data["since"], form.cleaned_data["rate"]
        suppressed = form.cleaned_data["suppressed"]
        if missing(subscription.name, since)[MOST_CHANGED : MOST_CHANGED + 1].exists():
            raise Refused(
                f"These are more than {MOST_CHANGED} events; use the command line: manage.py "
                f"backfill {subscription} --since {timezone.localtime(since).isoformat()} "
                f"--rate {rate}{' --suppressed' if suppressed else ''}"
            )
        steps = backfill(
            subscription.name,
            since=since,
            rate=rate,
            suppressed=suppressed,
            idle_within=IDLE_WITHIN,
            by=request.user.get_username(),
            why=form.cleaned_data["reason"],
        )
        self.message_user(request, f"{counted(sum(steps))} inserted for {subscription}.")
