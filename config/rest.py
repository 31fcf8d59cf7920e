"""Settings of the REST framework and of the API's description."""

REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["shop.parsers.SmallJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "shop.answers.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The shop",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Requests have schemas apart from answers, so that a required text has a minLength there.
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shop.schema.name_a_product",
    ],
}
