"""How Django renders templates."""

from pathlib import Path

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # These come before the theme's own.
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.shop",
                "orders.context.cart",
            ],
            # Its csrf_token replaces Django's and adds the form's once-only token.
            "builtins": ["shop.templatetags.submissions"],
        },
    }
]
