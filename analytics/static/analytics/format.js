// How the dashboard writes numbers, instants and waits: as the shop does, in its time zone.

const timeZone = document.getElementById("dashboard").dataset.timeZone;
const whole = new Intl.NumberFormat("en-GB");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
const seconds = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone });
const weekday = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" });

export const count = (number) => whole.format(number);

/** An amount comes as text with its currency's decimal places; these are kept. */
export function money(text) {
  // Not Intl's own places of a currency: they differ from the server's for some, as for HUF.
  const places = (text.split(".")[1] ?? "").length;
  return new Intl.NumberFormat("en-GB", { minimumFractionDigits: places, maximumFractionDigits: places }).format(text);
}

/** With its currency's code behind it, as the shop's other pages have it. */
export const amount = (text, currency) => `${money(text)} ${currency}`;

export const minute = (instant) => clock.format(new Date(instant));
export const time = (instant) => seconds.format(new Date(instant));
export const day = (date) => weekday.format(new Date(`${date}T12:00:00Z`));

export function span(milliseconds) {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min`;
  if (total < 172800) return `${Math.floor(total / 3600)} h`;
  return `${Math.floor(total / 86400)} d`;
}
