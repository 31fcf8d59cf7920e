"""`{% csrf_token %}` for every template: Django's own, and the token that makes a form act once.

Every form that changes something has the tag, those of the theme included: without it Django
refuses what the form sends. So no form can be forgotten.
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
        # Firefox would put the value of a page's last visit into the field.
        hidden = '{}<input type="hidden" name="{}" value="{}" autocomplete="off">'
        return format_html(hidden, field, FIELD, new_token())


@register.tag
def csrf_token(parser: Parser, token: Token) -> TokensNode:  # noqa: ARG001 -- Django's signature
    return TokensNode()
