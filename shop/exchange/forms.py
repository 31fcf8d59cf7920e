"""The forms of import and export."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget

from shop.exchange.tables import MOST_BYTES, MOST_ROWS, Format, Unreadable, read
from shop.missing import NamesMissing


class UploadForm(NamesMissing, forms.Form):
    """A file with a table; its cleaned value is the file's name and the table."""

    file = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
        help_text=f"CSV or XLSX, at most {MOST_ROWS} rows and {MOST_BYTES // 1024} KiB.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {MOST_BYTES // 1024} KiB.")
        try:
            return file.name, read(file.name, file.read())
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None


class FormatForm(NamesMissing, forms.Form):
    """The format of an export."""

    format = forms.TypedChoiceField(
        label="Format",
        choices=[(Format.CSV, "CSV"), (Format.XLSX, "XLSX, for a spreadsheet")],
        coerce=Format,
        initial=Format.CSV,
        widget=UnfoldAdminRadioSelectWidget(),
    )
