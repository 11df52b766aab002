// Shows the price and the stock of the chosen variant, and the chosen picture. Without it each choice carries its own note.
const form = document.querySelector("[data-product]");
const stage = document.querySelector("[data-stage]");
const thumbs = [...document.querySelectorAll("[data-thumb]")];

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
  // A picture whose text ends with the chosen colour is the one to look at.
  const look = thumbs.find((thumb) => choice.dataset.look && thumb.dataset.alt.endsWith(choice.dataset.look));
  if (look) showPicture(look);
}

function showPicture(thumb) {
  if (stage.getAttribute("src") !== thumb.getAttribute("href")) {
    stage.srcset = thumb.dataset.srcset;
    stage.src = thumb.href;
  }
  stage.alt = thumb.dataset.alt;
  thumbs.forEach((other) => other.toggleAttribute("aria-current", false));
  thumb.setAttribute("aria-current", "true");
}

for (const thumb of thumbs) {
  thumb.addEventListener("click", (event) => {
    event.preventDefault();
    showPicture(thumb);
  });
}

form?.addEventListener("change", showChoice);
if (form?.querySelector("input[type=radio]")) showChoice();
