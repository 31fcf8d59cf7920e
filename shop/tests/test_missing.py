"""What a form says of an empty field."""

from django import forms

from shop.missing import NamesMissing


class Form(NamesMissing, forms.Form):
    file = forms.FileField()
    name = forms.CharField()


def test_form_names_what_is_to_be_chosen_or_entered() -> None:
    errors = Form({}, {}).errors

    assert errors == {"file": ["Choose the file."], "name": ["Enter the name."]}
