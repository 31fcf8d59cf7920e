// Suggests products while typing, for every field with data-product-search.
"use strict";
{
  const WAIT = 200; // ms after the last key

  let timer;
  let asked = 0;

  const listOf = (field) => {
    if (!field.list) {
      const list = document.createElement("datalist");
      list.id = `${field.id}-products`;
      field.after(list);
      field.setAttribute("list", list.id);
    }
    return field.list;
  };

  const suggest = async (field) => {
    const mine = ++asked;
    const query = new URLSearchParams({ q: field.value });
    const answer = await fetch(`${field.dataset.productSearch}?${query}`);
    if (!answer.ok || mine !== asked) return;
    const { products } = await answer.json();
    listOf(field).replaceChildren(
      ...products.map(({ sku, text }) => new Option(text, sku)),
    );
  };

  // On the document: fields come and go with the rows of a form, and with dialogs.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.dataset.productSearch) return;
    clearTimeout(timer);
    timer = setTimeout(() => suggest(field), WAIT);
  });
}
