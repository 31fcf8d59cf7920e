"""The seller's legal texts: the law asks for them, and no software can write them."""

from django.conf import settings
from django.db import OperationalError, ProgrammingError

from config.checks.check import Check
from shop.models import LegalText


def check_legal_texts() -> Check:
    """Advises: which of them a shop needs depends on its country."""
    what, why = "Legal texts", "every page of the shop links to them"
    try:
        written = set(LegalText.objects.values_list("kind", flat=True))
    except (OperationalError, ProgrammingError) as error:
        return Check.unread(what, error, why)
    missing = [kind for kind in LegalText.Kind.values if kind not in written]
    if settings.DEBUG or not missing:
        return Check(what, "for a laptop, because of DEBUG" if missing else "written", why)
    fix = "Write them in the admin: Shop > Legal texts."
    return Check(what, f"there is none for {', '.join(missing)}", why, fix, needed=False)
