"""Admin forms that write only the fields that were changed in the form.

A form shows the row as it was when the page was opened, while other processes write to it: a stock
item's numbers change with every order. So each form carries the values it was rendered with
(Django's hidden initial values); a field that differs from them was changed.
"""

from typing import Any

from django import forms

from shop.missing import NamesMissing


class ChangesForm(NamesMissing, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Writes the changed fields only.

    A field that was changed in the row since the page was opened is refused, unless both values are
    equal. A form sent without its rendered values, as by a script, is compared with the row.
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
                shown = field.prepare_value(self.get_initial_for_field(field, name))
                self.add_error(
                    name,
                    f"This was changed to {shown!s} after the page was opened. "
                    "Reload the page, then change it.",
                )
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Write the changed fields; a new row is written whole."""
        if not commit or self.instance.pk is None:
            return super().save(commit)
        row = super().save(commit=False)
        row.save(update_fields=self.changed_columns)
        self.save_m2m()
        return row

    @property
    def changed_columns(self) -> list[str]:
        """The `update_fields` for saving the row."""
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
