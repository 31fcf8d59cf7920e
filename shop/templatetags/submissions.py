"""`{% csrf_token %}` for every template: Django's token, and the token of `shop.submissions`.

Django refuses a form without the tag, so every form that changes something has it, also those of
the theme.
"""

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from shop.submissions import FIELD, new_token

register = template.Library()


class TokensNode(CsrfTokenNode):
    def render(self, context: template.Context) -> str:
        field = super().render(context)
        if not field:
            return field
        # Without autocomplete="off" Firefox restores the value of the page's last visit.
        hidden = '{}<input type="hidden" name="{}" value="{}" autocomplete="off">'
        return format_html(hidden, field, FIELD, new_token())


@register.tag
def csrf_token(parser: Parser, token: Token) -> TokensNode:  # noqa: ARG001 -- Django's signature
    return TokensNode()
