// The live dashboard: shows the figures of the feed in the page.

import { follow } from "../bus/feed.js";
import { Chart } from "./chart.js";
import { amount, count, day, minute, money, span, time } from "./format.js";

const STATES = {
  connecting: "Connecting…",
  live: "Live",
  polling: "Live, every 2 s",
  reconnecting: "Reconnecting…",
  "signed-out": "Signed out",
};
const COUNTS = ["orders", "units", "cancelled", "dispatched", "rejected"];
const AMOUNTS = ["revenue", "net", "average", "reversed"];

const byId = (id) => document.getElementById(id);
const page = byId("dashboard").dataset;
let figures = JSON.parse(byId("figures").textContent);
let checkedAt = Date.parse(figures.at);
let aheadBy = Date.now() - checkedAt; // The browser's clock is not the server's.

const charts = {
  orders: chart("orders", "Orders per minute", (point) => point.orders, count,
    (point) => `${minute(point.at)} · ${count(point.orders)} ${point.orders === 1 ? "order" : "orders"}`),
  revenue: chart("revenue", "Revenue per minute", (point) => Number(point.revenue), compact,
    (point) => `${minute(point.at)} · ${amount(point.revenue, figures.currency)}`),
};

const otherCharts = {};

function chart(name, title, value, axis, label) {
  const read = (chosen) => write(byId(`${name}-readout`), chosen ?? summary(name));
  return new Chart(byId(`${name}-chart`), { title, value, axis, label, read, minute: (point) => minute(point.at) });
}

function summary(name) {
  if (name === "revenue") return summaryOf((point) => point.revenue, figures.currency);
  const sum = figures.minutes.reduce((total, point) => total + point.orders, 0);
  return `Last 60 minutes · ${count(sum)} ${sum === 1 ? "order" : "orders"}`;
}

function summaryOf(revenue, currency) {
  const sum = figures.minutes.reduce((total, point) => total + Number(revenue(point)), 0);
  const places = (revenue(figures.minutes[0]).split(".")[1] ?? "").length;
  return `Last 60 minutes · ${amount(sum.toFixed(places), currency)}`;
}

function compact(number) {
  return number.toLocaleString("en-GB", { notation: number >= 10000 ? "compact" : "standard" });
}

function show() {
  write(byId("day"), day(figures.day));
  for (const name of COUNTS) write(byId(`today-${name}`), count(figures.today[name]), true);
  for (const name of AMOUNTS) write(byId(`today-${name}`), money(figures.today[name]), true);
  charts.orders.show(figures.minutes);
  charts.revenue.show(figures.minutes);
  showOthers();
  showProducts();
  showQueues();
  showBroker();
}

/** What was taken in other currencies than the shop's own: amounts of two are never added up. */
function showOthers() {
  const { others } = figures.today;
  const lines = {
    revenue: (other) => `${amount(other.revenue, other.currency)}, ${money(other.net)} net`,
    average: (other) => amount(other.average, other.currency),
    reversed: (other) => `${amount(other.reversed, other.currency)} reversed`,
  };
  for (const [name, line] of Object.entries(lines)) {
    byId(`others-${name}`).replaceChildren(...others.map((other) => make("span", "", line(other))));
  }
  const currencies = Object.keys(figures.minutes[0].others);
  for (const currency of currencies) {
    otherCharts[currency] ??= chartOf(currency);
    otherCharts[currency].show(figures.minutes.filter((point) => currency in point.others));
  }
  for (const currency of Object.keys(otherCharts).filter((one) => !currencies.includes(one))) {
    byId(`revenue-${currency}`).remove();
    delete otherCharts[currency];
  }
  byId("others-charts").hidden = currencies.length === 0;
}

function chartOf(currency) {
  const heading = make("h2", "", "Revenue per minute ", make("small", "", currency));
  const readout = make("p", "readout");
  const place = make("div", "chart");
  const section = make("section", "card", heading, readout, place);
  section.id = `revenue-${currency}`;
  section.ariaLabel = `Revenue per minute in ${currency}`;
  byId("others-charts").append(section);
  byId("others-charts").hidden = false; // Or the chart would have no width.
  const value = (point) => point.others[currency];
  return new Chart(place, {
    title: section.ariaLabel,
    value: (point) => Number(value(point)),
    axis: compact,
    label: (point) => `${minute(point.at)} · ${amount(value(point), currency)}`,
    read: (chosen) => write(readout, chosen ?? summaryOf(value, currency)),
    minute: (point) => minute(point.at),
  });
}

function showProducts() {
  const most = {};
  for (const { currency, revenue } of figures.products) most[currency] = Math.max(most[currency] ?? 0, Number(revenue));
  const rows = figures.products.map((product) => {
    const name = cell("th", "", make("span", "name", product.name), " ", make("span", "sku", product.sku), share(product.revenue / most[product.currency]));
    name.scope = "row";
    return row(name, cell("td", "number", count(product.units)), cell("td", "number", amount(product.revenue, product.currency)));
  });
  fill("products", rows, 3, "Nothing sold yet today.");
}

function share(part) {
  const bar = make("meter", "share");
  bar.value = part;
  bar.ariaHidden = "true";
  return bar;
}

function showQueues() {
  const rows = figures.queues.map((queue) => {
    const name = cell("th", "", queue.name, ...(queue.paused ? [" ", make("span", "badge", "paused")] : []));
    name.scope = "row";
    const oldest = cell("td", queue.oldest_at ? "number" : "number zero", wait(queue.oldest_at));
    return row(name, held(queue.waiting), held(queue.in_flight), held(queue.dead, "bad"), oldest);
  });
  fill("queues", rows, 5, "No queue is registered yet: start a worker.");
}

function held(number, kind = "") {
  return cell("td", `number ${number ? kind : "zero"}`, count(number));
}

function wait(since) {
  if (!since) return "–";
  const waited = now() - Date.parse(since);
  return waited < -1000 ? `in ${span(-waited)}` : span(waited);
}

function showBroker() {
  const { there, ok, error, silent_since: silentSince } = figures.broker;
  const [kind, words] = silentSince ? ["bad", `The relay has been silent since ${time(silentSince)}`]
    : ok ? ["good", there ? "The broker answers" : "There is no broker, and the relay works"]
    : ok === null ? ["unknown", "No relay has reported on the broker yet"]
    : ["bad", `The broker does not answer: ${error}`];
  byId("broker").dataset.kind = kind;
  write(byId("broker"), words);
  const { count: events, oldest_at: oldest } = figures.outbox;
  write(byId("outbox"), events ? `${count(events)} events not fanned out, the oldest for ${wait(oldest)}` : "");
}

function showState(name) {
  const pill = byId("state");
  if (pill.dataset.state === name) return;
  pill.dataset.state = name;
  const link = make("a", "", "Signed out: sign in");
  link.href = page.login;
  pill.replaceChildren(name === "signed-out" ? link : STATES[name]);
}

function showAge() {
  const age = now() - checkedAt;
  write(byId("age"), `as of ${time(checkedAt)}, ${age < 1500 ? "just now" : `${span(age)} ago`}`);
  byId("age").classList.toggle("old", age > 15000);
  if (figures.queues.some((queue) => queue.oldest_at)) showQueues();
  if (figures.outbox.count) showBroker();
}

/** The server's time. */
const now = () => Date.now() - aheadBy;

function note(instant) {
  checkedAt = Date.parse(instant);
  // The smallest difference seen is the one with the least delay in it.
  aheadBy = Math.min(aheadBy, Date.now() - checkedAt);
}

function write(place, words, flash = false) {
  if (place.textContent === words) return;
  place.textContent = words;
  if (flash) place.getAnimations().forEach((animation) => animation.cancel());
  if (flash && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    place.animate([{ color: "var(--accent)" }, {}], { duration: 900, easing: "ease-out" });
  }
}

function fill(id, rows, columns, empty) {
  const nothing = cell("td", "empty", empty);
  nothing.colSpan = columns;
  byId(id).replaceChildren(...(rows.length ? rows : [row(nothing)]));
}

function make(name, className = "", ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

const cell = make;
const row = (...cells) => make("tr", "", ...cells);

show();
showAge();
showState("connecting");
setInterval(showAge, 1000);
follow(page, {
  update: (found) => { figures = found; note(found.at); show(); showAge(); },
  checked: (instant) => { note(instant); showAge(); },
  state: showState,
});
