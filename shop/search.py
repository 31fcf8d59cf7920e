"""What a customer looks for in the catalogue: words, a category, an order, a page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Product
from shop.selectors import on_show
from shop.text import folded

PAGE_SIZE = 24
LONGEST_QUERY = 100
"""Characters of a search that are used."""
MOST_WORDS = 8

NEWEST = "newest"
SORTS: dict[str, tuple[Promise, list[str]]] = {
    "name": (_("Name"), ["sort_name", "id"]),
    "price": (_("Price, lowest first"), ["unit_price", "id"]),
    "-price": (_("Price, highest first"), ["-unit_price", "-id"]),
    NEWEST: (_("Newest first"), ["-id"]),
}
"""By their value in the address; each ends in a unique column, so that pages do not overlap."""
FIRST_SORT = "name"


@dataclass(frozen=True)
class Search:
    """One search. `category` is a slug, or empty for all."""

    words: str = ""
    category: str = ""
    sort: str = FIRST_SORT
    page: str = "1"

    @classmethod
    def of(cls, query: QueryDict) -> "Search":
        """The search that an address asks for. What cannot be used is left out."""
        sort = query.get("sort", "")
        return cls(
            words=" ".join(query.get("q", "")[:LONGEST_QUERY].split()),
            category=query.get("category", "").strip(),
            sort=sort if sort in SORTS else FIRST_SORT,
            page=query.get("page", ""),
        )

    def address(self, **changes: Any) -> str:
        """The catalogue's address for this search with changes, without what goes unsaid."""
        asked = {"q": self.words, "category": self.category, "sort": self.sort} | changes
        unsaid = {"q": "", "category": "", "sort": FIRST_SORT, "page": 1}
        said = {name: value for name, value in asked.items() if value != unsaid[name]}
        return reverse("catalogue") + (f"?{urlencode(said)}" if said else "")

    def found(self, category: Category | None) -> Page[Product]:
        """The page: two queries. A page that is not there is the first or the last."""
        products = self._matching(on_show())
        if category is not None:
            products = products.filter(category=category)
        paginator = Paginator(products.order_by(*SORTS[self.sort][1]), PAGE_SIZE)
        return paginator.get_page(self.page)

    def _matching(self, products: QuerySet[Product]) -> QuerySet[Product]:
        for word in folded(self.words).split()[:MOST_WORDS]:
            products = products.filter(search_text__contains=word)
        return products
