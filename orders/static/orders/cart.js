// "Update" is shown once a quantity differs from what is in the cart.
for (const input of document.querySelectorAll(".cart-change input[type=number]")) {
  const button = input.parentElement.querySelector("[name=change]");
  const show = () => { button.hidden = input.value === input.defaultValue; };
  input.addEventListener("input", show);
  show();
}
