// The address fields of the chosen country, without a reload. Without this script, or if the
// request fails, the button "Change country" does it.
const form = document.querySelector("form.checkout");
const country = form.elements.country;
const button = form.elements.country_change;
const fields = document.getElementById("address-fields");
let latest = 0;

// Out of the form, or the Enter key would press it instead of the button that buys.
button.remove();

async function show() {
  const turn = ++latest;
  const typed = new FormData(form);
  try {
    const answer = await fetch(`${form.dataset.address}?country=${country.value}`);
    if (!answer.ok) throw new Error(answer.status);
    const page = await answer.text();
    if (turn !== latest) return;
    fields.innerHTML = page;
    // It named fields whose marks are gone. "Buy now" says anew what is wrong.
    document.getElementById("mistakes")?.remove();
    for (const input of fields.querySelectorAll("[name]")) {
      const value = typed.get(input.name);
      const known = input.tagName !== "SELECT" || [...input.options].some((o) => o.value === value);
      if (value && known) input.value = value;
    }
  } catch {
    if (turn !== latest) return;
    country.after(button);
    button.click();
  }
}

country.addEventListener("change", show);
