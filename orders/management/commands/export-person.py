"""`manage.py export-person`: what the shop holds of a person, as JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from bus import persons
from orders.personal import FIELDS
from orders.selectors import orders_of
from shop import documents
from shop.mailboxes import mailbox
from shop.personal import Rows, parts_of


class Command(BaseCommand):
    help = "Write what the shop holds of the person with this e-mail address, as one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="Every spelling that reaches the same mailbox counts.")
        parser.add_argument(
            "--files", type=Path, metavar="FOLDER", help="Copy the documents' PDFs into it, too."
        )

    def handle(self, *, email: str, files: Path | None, **_options: Any) -> None:
        orders = orders_of(email).order_by("id")
        if not orders:
            raise CommandError("There is no order of this address.")
        numbers = [str(order.number) for order in orders if order.number]
        found = {"email": email, "exported_at": timezone.now(), **parts_of(numbers)}
        found["drafts"] = list(orders.filter(number=None).values(*FIELDS))
        found["events"] = [
            row.envelope() | {"data": {**row.data, **personal}}
            for row, personal in persons.events_of(mailbox(email), numbers)
        ]
        if files:
            _copy(found["documents"], files)
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))


def _copy(rows: Rows, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        if not row["sha256"]:
            continue  # not drawn yet
        try:
            content = documents.read(SimpleNamespace(**row))
        except (documents.DocumentAltered, documents.DocumentUnavailable) as error:
            raise CommandError(str(error)) from error
        (folder / f"{row['number']}.pdf").write_bytes(content)
