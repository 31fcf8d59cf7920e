// The order's page moves on by itself: the server draws its parts, this puts them in place.

import { follow } from "../bus/feed.js";

const page = document.getElementById("order");
const live = document.getElementById("live");
const parts = new Map([...page.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));

function update(found) {
  for (const [name, html] of Object.entries(found.parts)) {
    const part = parts.get(name);
    // Only what is new: a screen reader reads the status again, and a focused link loses its focus.
    const drawn = document.createRange().createContextualFragment(html);
    if (part && text(part) !== text(drawn)) part.replaceChildren(drawn);
  }
  if (found.ended) {
    end();
    live.hidden = true;
  }
}

/** The markup without the blanks between its tags. */
function text(node) {
  const holder = document.createElement("div");
  holder.append(node.cloneNode(true));
  const inside = node.nodeType === Node.ELEMENT_NODE ? holder.firstChild : holder;
  return inside.innerHTML.replace(/\s+/g, " ").trim();
}

function state(name) {
  live.hidden = false;
  live.dataset.state = name;
  live.textContent = live.dataset[name] ?? "";
}

const end = follow(page.dataset, { update, state });
