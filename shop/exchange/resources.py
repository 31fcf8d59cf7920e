"""The base of what is imported and exported: rows of one model, each found by its SKU."""

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.html import format_html
from import_export.instance_loaders import CachedInstanceLoader
from import_export.resources import Diff, ModelResource
from import_export.results import Result
from tablib import Dataset

from shop.exchange.tables import Table, Unreadable


class Changes(Diff):
    """The cells of a preview: the old value and the new one where they differ, else the value."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        super().__init__(resource, instance, new)
        self.left = _cells(resource, instance)

    def compare_with(self, resource: Any, instance: Any) -> None:
        self.right = _cells(resource, instance)

    def as_html(self) -> list[str]:
        return [
            format_html("<del>{}</del> <ins>{}</ins>", before[1], after[1])
            if before[0] != after[0] and not self.new
            else after[1]
            for before, after in zip(self.left, self.right, strict=True)
        ]


def _cells(resource: Any, instance: Any) -> list[tuple[Any, str]]:
    """Values, which are compared, since 0.19 is 0.190, and their texts."""
    fields = resource.get_import_fields()
    return [(field.get_value(instance), field.export(instance)) for field in fields]


class Exported(ModelResource):
    """What is exported. `numbers` are the columns that hold numbers."""

    numbers: ClassVar[Collection[str]] = ()


class Imported(Exported):
    """What can be imported, too: all rows of a table or none, each validated as in a form.

    Columns that the table has not are left as they are, and read-only ones are ignored, so that an
    export can be changed and imported. Subclasses write only what changes.
    """

    who = ""
    """The user's name, and `source` the file's, for those who record them."""
    source = ""

    class Meta:
        import_id_fields = ("sku",)
        instance_loader_class = CachedInstanceLoader
        clean_model_instances = True
        use_transactions = True
        skip_unchanged = True
        report_skipped = True

    def get_diff_class(self) -> type[Changes]:
        return Changes

    def get_import_fields(self) -> list[Any]:
        """What can be imported; the preview shows only these."""
        return [field for field in super().get_import_fields() if not field.readonly]

    def check(self, table: Table) -> None:
        """Check the columns, and that no SKU stands in two rows.

        Raises:
            Unreadable: with what to change.
        """
        known = [field.column_name for field in self.get_import_fields()]
        exported = [field.column_name for field in self.get_export_fields()]
        if strange := [name for name in table.heading if name not in exported]:
            raise Unreadable(
                f"Unknown columns: {', '.join(strange)}. These can be imported: {', '.join(known)}."
            )
        if "sku" not in table.heading:
            raise Unreadable("The column sku is missing.")
        if not table.rows:
            raise Unreadable("The file has a heading and no rows.")
        place = table.heading.index("sku")
        skus = Counter(row[place].strip() for row in table.rows)
        if twice := [sku for sku, count in skus.items() if count > 1]:
            raise Unreadable(f"These SKUs stand in more than one row: {', '.join(twice[:10])}.")

    def bring_in(self, table: Table, user: Any, source: str, *, dry_run: bool) -> Result:
        """Import the table in a transaction: all of it, or with a refused row or `dry_run` nothing.

        Raises:
            Exception: whatever is no fault of the table, such as a lost database connection.
        """
        self.who, self.source = user.get_username(), source
        if not dry_run:
            place = table.heading.index("sku")
            self.lock([row[place].strip() for row in table.rows])
        result = self.import_data(
            Dataset(*table.rows, headers=table.heading),
            dry_run=dry_run,
            rollback_on_validation_errors=True,
            retain_instance_in_row_result=True,
        )
        for error in result.base_errors:
            raise error.error
        for _number, errors in result.row_errors():
            raise errors[0].error
        if not dry_run and not result.has_validation_errors():
            self.write(result)
        return result

    def lock(self, skus: Collection[str]) -> None:
        """Lock the rows that are imported, in the order of their SKUs."""
        rows = self._meta.model.objects.select_for_update(no_key=True).filter(sku__in=skus)
        list(rows.order_by("sku").values_list("pk"))

    def write(self, result: Result) -> None:
        """For subclasses that write all rows at once, after each was found to be valid."""

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, *_: Any
    ) -> None:
        """Without a query for each SKU: which exist is known, and none stands in two rows."""
        super().validate_instance(instance, import_validation_errors, validate_unique=False)

    def skip_row(self, instance: Any, original: Any, row: Any, errors: Any = None) -> bool:
        self._original = original
        return bool(super().skip_row(instance, original, row, errors))

    def changed(self, instance: Any) -> list[str]:
        """The columns of the model that the row changes."""
        names = [field.attribute for field in self.get_import_fields()]
        return [one for one in names if getattr(self._original, one) != getattr(instance, one)]

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        instance.save(**({} if is_create else {"update_fields": self.changed(instance)}))


def fingerprint(result: Result) -> str:
    """Equal for two results that show the same: what each row does, and from what to what."""
    shown = [(row.import_type, [str(cell) for cell in row.diff or ()]) for row in result.rows]
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def faults(result: Result, table: Table) -> list[tuple[int, str, list[str]]]:
    """The refused rows: line in the file, SKU, and what is wrong."""
    place = table.heading.index("sku")
    return [
        (table.lines[row.number - 1], table.rows[row.number - 1][place], _sentences(row.error))
        for row in result.invalid_rows
    ]


def _sentences(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return error.messages
    return [
        f"{name}: {sentence}" if name != "__all__" else sentence
        for name, sentences in error.message_dict.items()
        for sentence in sentences
    ]
