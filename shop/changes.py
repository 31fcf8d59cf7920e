"""Changing a row in the admin: only the fields that somebody changed in the form are written.

A form shows a whole row as it was when the page was opened, and other processes write to the row
meanwhile: a stock item's numbers change with every order. So each form carries the values it was
rendered with (Django's hidden initial values), and what differs from them is what was changed.
"""

from typing import Any

from django import forms


class ChangesForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A form that changes what was changed in it, and leaves the other fields as the row has them.

    A field that somebody else has changed since the page was opened is refused, unless both chose
    the same value. A form that came without the values it was rendered with, as a script sends it,
    is compared with the row instead.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk is None:
            return
        carried = not self.is_bound or any(map(self._rendered_with, self.fields))
        for field in self.fields.values():
            field.show_hidden_initial = carried and not field.disabled

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            column = self._columns().get(name)
            if not field.show_hidden_initial or column is None or name not in cleaned:
                continue
            if name not in self.changed_data:
                cleaned[name] = self._as_in_the_row(column)
            elif self._changed_by_others(name, field):
                shown = self.get_initial_for_field(field, name)
                self.add_error(
                    name,
                    f"Somebody else changed this to {shown!s} after this page was opened. "
                    "Open the page again, then change it.",
                )
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Write the changed fields alone; a row that is new is written whole."""
        if not commit or self.instance.pk is None:
            return super().save(commit)
        row = super().save(commit=False)
        row.save(update_fields=self.changed_columns)
        self.save_m2m()
        return row

    @property
    def changed_columns(self) -> list[str]:
        """Names of the fields that the row must be saved with."""
        stored = {field.name for field in self.instance._meta.concrete_fields}
        return [name for name in self.changed_data if name in stored]

    def _columns(self) -> dict[str, Any]:
        meta = self.instance._meta
        return {field.name: field for field in (*meta.concrete_fields, *meta.many_to_many)}

    def _as_in_the_row(self, column: Any) -> Any:
        value = getattr(self.instance, column.name)
        return value.all() if column.many_to_many else value

    def _rendered_with(self, name: str) -> bool:
        hidden = self.fields[name].hidden_widget()
        key = self.add_initial_prefix(name)
        return not hidden.value_omitted_from_data(self.data, self.files, key)

    def _changed_by_others(self, name: str, field: forms.Field) -> bool:
        rendered = field.hidden_widget().value_from_datadict(
            self.data, self.files, self.add_initial_prefix(name)
        )
        current = self.get_initial_for_field(field, name)
        return field.has_changed(current, rendered) and field.has_changed(current, self[name].data)
