// Says so when the shop could not be reached or was too busy: htmx alone would silently leave the page as it is.
const region = document.getElementById("notices");

function say(text) {
  region.textContent = text;
  region.hidden = false;
}

document.addEventListener("htmx:responseError", () => say(region.dataset.busy));
document.addEventListener("htmx:sendError", () => say(region.dataset.offline));
document.addEventListener("htmx:afterSwap", () => { region.hidden = true; });
