// Shows the feed's news of the console in its page. Without this script the page is as it was loaded.

import { follow } from "./feed.js";

const OLD = 10000; // ms. The feed reads every 2 s: after this it cannot read, though it answers.
const STATES = {
  live: "Live",
  polling: "Live, every 2 s",
  old: "The shop cannot read its figures; these are older than they look.",
  reconnecting: "The shop does not answer; these figures are older than they look.",
  "signed-out": "You are signed out, or may not see this any more. Load the page again.",
};

const live = document.querySelector("[data-live]");
const bar = document.querySelector("[data-refresh]");
const state = bar.querySelector("[data-state]");
const button = bar.querySelector("[data-pause]");

let end;
let shownAt = Date.now();

// Keeps the keyboard where it was: the same link of the same place in the new part.
function update({ html }) {
  shownAt = Date.now();
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [...live.querySelectorAll("a")].indexOf(focused);
  const address = focused?.getAttribute("href");
  live.replaceChildren(document.createRange().createContextualFragment(html));
  if (!focused) return;
  const links = [...live.querySelectorAll("a")];
  (links.find((link) => link.getAttribute("href") === address) ?? links[Math.min(place, links.length - 1)])?.focus();
}

function say(name) {
  const found = name === "live" && Date.now() - shownAt > OLD ? "old" : name;
  const text = STATES[found];
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("bad", !["live", "polling"].includes(found));
}

function watch() {
  end = follow(live.dataset, { update, state: say });
}

button.addEventListener("click", () => {
  const paused = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Go on" : "Pause";
  state.classList.remove("bad");
  state.textContent = paused ? "Paused." : "Connecting…";
  if (paused) end();
  else watch();
});

bar.hidden = false;
watch();
