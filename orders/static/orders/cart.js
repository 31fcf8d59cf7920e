// Without a click on "Update": a changed quantity is sent after a short wait, or on leaving.
const WAIT = 600; // milliseconds, for a second press of the arrow

for (const form of document.querySelectorAll(".cart-change")) {
  const input = form.querySelector("input[type=number]");
  if (!input) continue;
  const button = form.querySelector("[name=change]");
  let timer;
  button.hidden = true;
  input.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (form.reportValidity()) form.requestSubmit(button);
    }, WAIT);
  });
}
