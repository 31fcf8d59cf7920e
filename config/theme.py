"""The admin's colours: teal, as in the shop's mails, pages and documents."""

COLORS = {
    "primary": {
        "50": "#f0fdfa",
        "100": "#ccfbf1",
        "200": "#99f6e4",
        "300": "#5eead4",
        "400": "#2dd4bf",
        "500": "#14b8a6",
        "600": "#0f766e",
        "700": "#115e59",
        "800": "#134e4a",
        "900": "#103f3c",
        "950": "#042f2e",
    }
}
