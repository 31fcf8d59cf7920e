// A form is submitted once: until its response another click does nothing. The form's token
// (shop/submissions.py) decides; this only avoids a needless message.
const AGAIN_AFTER = 15000; // milliseconds; the answer may never come

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-waiting]")) {
    delete button.dataset.waiting;
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // Not `disabled`: the name of the pressed button would not be sent.
  if (event.submitter) {
    event.submitter.dataset.waiting = "yes";
    event.submitter.setAttribute("aria-disabled", "true");
  }
  setTimeout(() => release(form), AGAIN_AFTER);
});

// The back button restores the page as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});
