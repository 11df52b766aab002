// A form marked data-once is sent once: its button goes quiet until an answer or the back button brings the page again.
// The server does not rely on it (the same order comes out however often it is sent); it only spares the customer the doubt.
function setBusy(form, busy) {
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-busy", String(busy));
    button.classList.toggle("is-waiting", busy);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  // After this tick, so that the pressed button's own name is still part of what is sent.
  setTimeout(() => setBusy(form, true));
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) {
    delete form.dataset.sent;
    setBusy(form, false);
  }
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
}, true);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
