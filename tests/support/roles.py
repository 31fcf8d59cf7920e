"""Which lists of the admin each predefined group opens, adds to, and imports into."""

OPENS = {
    "support": {
        "orders_order",
        "shop_product",
        "shop_category",
        "inventory_stockitem",
        "billing_invoice",
        "fulfillment_shipment",
        "notifications_message",
    },
    "catalogue": {"shop_product", "shop_category", "inventory_stockitem"},
    "warehouse": {
        "fulfillment_shipment",
        "fulfillment_packingboard",
        "inventory_stockitem",
        "inventory_movement",
        "inventory_reservation",
        "shop_product",
        "shop_category",
    },
    "accounting": {
        "billing_invoice",
        "billing_series",
        "orders_order",
        "analytics_dayfigures",
        "analytics_minutefigures",
        "analytics_productfigures",
        "analytics_correction",
    },
    "privacy": {"orders_order", "orders_erasure", "billing_invoice"},
    "operator": {
        "bus_console",
        "bus_event",
        "bus_delivery",
        "bus_subscription",
        "bus_operatoraction",
        "bus_auditresult",
        "outlets_endpoint",
        "outlets_webhook",
        "auth_user",
    },
}
ADDS = {
    "privacy": {"orders_erasure"},
    "support": {"orders_order"},
    "catalogue": {"shop_product", "shop_category"},
    "operator": {"outlets_endpoint"},
}
IMPORTS = {"catalogue": {"shop_product"}, "warehouse": {"inventory_stockitem"}}
