// A page that met a busy shop sends itself again, unless its reader types something or stops it. Sending again is harmless:
// the same order comes out however often it is sent. The server says when, and how often it may go on.
const note = document.querySelector("[data-retry]");
const form = document.getElementById("checkout");

if (note && form) {
  note.hidden = false;
  const pause = (Number(note.dataset.retry) + Math.random() * 2) * 1000;
  const timer = setTimeout(() => form.requestSubmit(form.querySelector("button[name=place]")), pause);
  const stop = () => {
    clearTimeout(timer);
    note.hidden = true;
  };
  note.querySelector("[data-retry-stop]").addEventListener("click", stop);
  form.addEventListener("input", stop);
  form.addEventListener("submit", () => clearTimeout(timer));
}

// Prices asked for while the order is on its way would come back for a cart that is empty by then, and lead away from the bank.
let isSent = false;

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.id !== "checkout") return;
  isSent = true;
  // Questions for prices wait for each other at the form (hx-sync), which therefore drops them; the address book's is its own.
  for (const asking of [event.target, ...event.target.querySelectorAll("[hx-post]")]) htmx.trigger(asking, "htmx:abort");
});
document.addEventListener("htmx:beforeRequest", (event) => { if (isSent) event.preventDefault(); });
window.addEventListener("pageshow", () => { isSent = false; });

// What was typed since prices were asked for is not in the answer that replaces its field: it is put back, and asked for in turn.
let typed = [];

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "checkout-prices") return;
  typed = [...detail.target.querySelectorAll("input[id]")].filter((field) => field.value !== field.defaultValue);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const { id, value } of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
});
document.addEventListener("htmx:afterSettle", () => {
  for (const { id } of typed.splice(0)) {
    const field = document.getElementById(id);
    if (!field || field.value === field.defaultValue) continue;
    // A browser takes what a script has written for told already.
    const tell = () => field.dispatchEvent(new Event("change", { bubbles: true }));
    if (field === document.activeElement) field.addEventListener("blur", tell, { once: true });
    else tell();
  }
});
