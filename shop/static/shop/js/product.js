// Shows the price and the stock of the chosen variant, and the chosen picture. Without it each choice carries its own note.
const form = document.querySelector("[data-product]");

function showChoice() {
  const choice = form.querySelector("input[name=variant]:checked");
  if (!choice) return;
  document.querySelector("[data-price]").textContent = choice.dataset.price;
  const note = document.querySelector("[data-availability]");
  note.textContent = choice.dataset.note;
  note.className = `availability ${choice.dataset.state}`;
  const button = form.querySelector("button");
  button.disabled = choice.dataset.state === "is-sold-out";
  const quantity = form.querySelector("input[name=quantity]");
  if (quantity) quantity.max = choice.dataset.most;
}

form?.addEventListener("change", showChoice);
if (form) showChoice();

const stage = document.querySelector("[data-stage]");
for (const thumb of document.querySelectorAll("[data-thumb]")) {
  thumb.addEventListener("click", (event) => {
    event.preventDefault();
    stage.src = thumb.href;
    stage.alt = thumb.dataset.alt;
    document.querySelectorAll("[data-thumb]").forEach((other) => other.removeAttribute("aria-current"));
    thumb.setAttribute("aria-current", "true");
  });
}
