"""A page of the shop without templates and database: for errors, and for cheap refusals."""

from collections.abc import Iterable

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import escape, format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _

PAGE = """<!doctype html><html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {shop}</title>
<link rel="icon" href="{icon}" type="image/svg+xml"><link rel="stylesheet" href="{sheet}"></head>
<body><header class="top"><div class="inner"><a class="brand" href="/"><img src="{icon}" alt=""
 width="32" height="32"><span>{shop}</span></a></div></header>
<main><div class="narrow"><h1>{title}</h1><p class="notice wait" role="alert">{detail}</p>
{form}</div></main></body></html>"""
FORM = '<form method="post" action="{}">{}<button class="button">{}</button></form>'
FIELD = '<input type="hidden" name="{}" value="{}" autocomplete="off">'


def bare_page(
    title: str, detail: str, again: str = "", fields: Iterable[tuple[str, str]] = ()
) -> str:
    """The page in the language that is active.

    With `again`, an address, its button sends these fields there once more.
    """
    inputs = format_html_join("", FIELD, fields)
    return PAGE.format(
        language=get_language() or settings.LANGUAGE_CODE,
        title=escape(title),
        shop=escape(settings.SHOP_NAME),
        detail=escape(detail),
        icon=static("shop/favicon.svg"),
        sheet=static("shop/shop.css"),
        form=format_html(FORM, again, inputs, _("Send again")) if again else "",
    )
