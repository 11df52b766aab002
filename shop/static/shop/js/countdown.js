// Counts down to deadlines. The server sends the seconds that were left when it answered, so a wrong clock here does not matter.
const endings = new WeakMap();
const ended = new WeakSet();

function two(number) {
  return String(number).padStart(2, "0");
}

function show(element) {
  if (!endings.has(element)) {
    endings.set(element, performance.now() + Number(element.dataset.secondsLeft) * 1000);
  }
  const left = Math.max(0, Math.ceil((endings.get(element) - performance.now()) / 1000));
  const hours = Math.floor(left / 3600);
  const clock = `${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}`;
  element.textContent = hours ? `${hours}:${clock}` : clock;
  element.closest("[data-deadline]")?.classList.toggle("is-urgent", left <= 60);
  if (left === 0 && !ended.has(element)) {
    ended.add(element);
    // The part of the page around it asks the server at once what is true now.
    element.dispatchEvent(new CustomEvent("deadline", { bubbles: true }));
  }
}

function showAll() {
  document.querySelectorAll("[data-seconds-left]").forEach(show);
}

showAll();
setInterval(showAll, 500);
document.addEventListener("htmx:afterSettle", showAll);
