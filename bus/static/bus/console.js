// Refreshes the console's part that changes. Without this script the page is as it was loaded.

const EVERY = 5000;
const WAIT_AT_MOST = 10000;

const live = document.querySelector("[data-live]");
const bar = document.querySelector("[data-refresh]");
const state = bar.querySelector("[data-state]");
const button = bar.querySelector("[data-pause]");

let timer = 0;
let paused = false;
let running = false;

function plan() {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(refresh, EVERY);
}

async function refresh() {
  if (running || paused || document.hidden) return;
  running = true;
  try {
    const answer = await fetch(location.href, {
      headers: { "X-Console-Fragment": "1" },
      signal: AbortSignal.timeout(WAIT_AT_MOST),
    });
    if (answer.redirected || answer.status === 403) return stop("You are signed out. Load the page again.");
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (!paused && !document.hidden) show(text);
    say("Refreshed every 5 seconds.");
  } catch {
    say("The shop does not answer; these figures are older than they look.", true);
  } finally {
    running = false;
    plan();
  }
}

// Keeps the keyboard where it was: the same link of the same place in the new part.
function show(text) {
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [...live.querySelectorAll("a")].indexOf(focused);
  const address = focused?.getAttribute("href");
  const part = document.createRange().createContextualFragment(text);
  live.replaceChildren(part);
  if (!focused) return;
  const links = [...live.querySelectorAll("a")];
  (links.find((link) => link.getAttribute("href") === address) ?? links[Math.min(place, links.length - 1)])?.focus();
}

function say(text, bad = false) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("bad", bad);
}

function stop(text) {
  paused = true;
  button.hidden = true;
  say(text, true);
}

button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Go on" : "Pause";
  say(paused ? "Paused." : "Refreshed every 5 seconds.");
  if (paused) clearTimeout(timer);
  else refresh();
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));

bar.hidden = false;
plan();
