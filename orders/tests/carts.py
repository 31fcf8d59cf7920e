"""What a customer does with the cart, and what the page says."""

from typing import Any

from django.test import Client


def add(customer: Client, sku: str = "MUG", quantity: Any = 1, **more: Any) -> Any:
    return customer.post("/cart/add/", {"sku": sku, "quantity": quantity, **more})


def change(customer: Client, sku: str, quantity: Any, **more: Any) -> Any:
    return customer.post("/cart/change/", {"sku": sku, "quantity": quantity, **more})


def page(customer: Client) -> str:
    answer = customer.get("/cart/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def count(customer: Client) -> int:
    found: int = customer.get("/cart/").context["cart_count"]
    return found
