"""What customers read of their order's progress: a sentence for now, and one for each step."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.models import Order, State
from orders.stages import Progress, Step, Story
from shop.stages import Stage

Text = str | Promise

NAMES: dict[str, Text] = {
    Stage.RECEIVED: _("Order received"),
    Stage.SET_ASIDE: _("Goods set aside"),
    Stage.INVOICE: _("Invoice"),
    Stage.ON_ITS_WAY: _("On its way"),
    Stage.CANCELLED: _("Cancelled"),
    Stage.CREDIT_NOTE: _("Credit note"),
}
DISPATCH = _("Dispatch")
"""The step's name until the goods are on their way."""

UNDER_WAY: dict[str, Text] = {
    Stage.SET_ASIDE: _("We are setting your goods aside."),
    Stage.INVOICE: _("We are writing it."),
    Stage.ON_ITS_WAY: _("We are getting your parcel ready."),
    Stage.CREDIT_NOTE: _("We are writing it."),
}
TO_COME: dict[str, Text] = {
    Stage.SET_ASIDE: _("This is what we do first."),
    Stage.INVOICE: _("It comes once your goods are set aside."),
    Stage.ON_ITS_WAY: _("We write to you when the parcel leaves."),
    Stage.CREDIT_NOTE: _("It comes in a moment."),
}
DELAYED = _("This takes longer than it should. Our staff can see it; you need not do anything.")
GOES_ON = _("This is under way.")
CLASSES = {Progress.DONE: "done", Progress.UNDER_WAY: "now", Progress.DELAYED: "failed"}


@dataclass(frozen=True)
class Told:
    """A step as the page shows it. `kind` is the class that draws it; one at most is `current`."""

    name: Text
    kind: str
    current: bool
    at: datetime | None
    detail: Text


def told(story: Story) -> list[Told]:
    """The steps, the first open one as what is going on."""
    first = next((step for step in story.steps if step.state != Progress.DONE), None)
    return [_told(step, story, going=step is first) for step in story.steps]


def _told(step: Step, story: Story, *, going: bool) -> Told:
    kind = CLASSES.get(step.state, "now" if going else "")
    sent = step.stage != Stage.ON_ITS_WAY or step.state == Progress.DONE
    name = NAMES.get(step.stage, step.stage) if sent else DISPATCH
    return Told(name, kind, going, step.at, _detail(step, story, going))


def _detail(step: Step, story: Story, going: bool) -> Text:
    if step.state == Progress.DONE:
        parcel = (story.carrier, story.tracking_number)
        return " · ".join(filter(None, parcel)) if step.stage == Stage.ON_ITS_WAY else ""
    if step.state == Progress.DELAYED:
        return DELAYED
    under_way = step.state == Progress.UNDER_WAY or going
    return (UNDER_WAY if under_way else TO_COME).get(step.stage, GOES_ON)


def now(order: Order, story: Story) -> Text:
    """One or two sentences: what is going on, and what comes next."""
    if order.rejected:
        return _(
            "We are sorry: not everything is available, so we had to cancel the whole order. "
            "Nothing will be delivered, and there is nothing to pay."
        )
    if order.state == State.CANCELLED:
        return _after_cancellation(order, story)
    if story.delayed:
        return DELAYED
    if story.reached(Stage.ON_ITS_WAY):
        return _("Your goods are on their way to you.")
    if not story.reached(Stage.SET_ASIDE):
        return _(
            "We have your order and are setting your goods aside; then we write the invoice and "
            "get your parcel ready."
        )
    if not story.reached(Stage.INVOICE):
        return _(
            "Your goods are set aside for you. We are writing the invoice and getting your parcel "
            "ready."
        )
    return _(
        "Your goods are set aside and the invoice is written. We are getting your parcel ready, "
        "and write to you when it leaves."
    )


def _after_cancellation(order: Order, story: Story) -> Text:
    if order.shipped_at or story.reached(Stage.ON_ITS_WAY):
        return _(
            "Your order is cancelled. Its goods had left already: please send them back unopened. "
            "What you have paid is refunded."
        )
    if story.invoice and not story.has_credit_note:
        return _(
            "Your order is cancelled: nothing will be delivered. We are writing the credit note "
            "for the invoice."
        )
    return _("Your order is cancelled: nothing will be delivered, and there is nothing to pay.")
