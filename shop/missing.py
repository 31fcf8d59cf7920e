"""What a form of staff says of a required field that was left empty."""

from typing import Any

from django import forms

DJANGOS = forms.Field.default_error_messages["required"]
CHOSEN = (forms.ChoiceField, forms.FileField)


class NamesMissing:
    """Mixin, before the form's class: "Enter the carrier.", and not "This field is required.".

    A page with several forms lists the messages without their fields. A field with a message of
    its own keeps it.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            if field.error_messages.get("required") != DJANGOS:
                continue
            verb = "Choose" if isinstance(field, CHOSEN) else "Enter"
            label = str(field.label or name.replace("_", " "))
            field.error_messages["required"] = f"{verb} the {_in_a_sentence(label)}."


def _in_a_sentence(label: str) -> str:
    """Without its capital; an abbreviation such as SKU keeps them."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
