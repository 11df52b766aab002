// Keeps a flash sale's panel up to date. Nobody's page asks the shop at the moment a sale starts: the panel opens by its own
// countdown, and every question comes after a pause of its own length. Without this script the page shows the times in words.
const asked = new WeakMap();
const PAUSES = { soon: [60, 120], open: [12, 24], "sold-out": [12, 24] };

function askLater(panel, [shortest, longest]) {
  clearTimeout(asked.get(panel));
  const pause = shortest + Math.random() * (longest - shortest);
  asked.set(panel, setTimeout(() => ask(panel), pause * 1000));
}

function ask(panel) {
  if (!panel.isConnected) return;
  if (document.visibilityState === "visible") {
    const state = panel.dataset.sale;
    htmx.ajax("GET", `${panel.dataset.saleUrl}?seen=${state}`, { source: panel, target: panel, swap: "outerHTML" });
  }
  plan(panel);
}

function plan(panel) {
  const pause = PAUSES[panel.dataset.sale];
  if (pause) askLater(panel, pause);
}

function open(panel) {
  panel.dataset.sale = "open";
  panel.classList.replace("is-soon", "is-open");
  for (const part of panel.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== "open";
}

function close(panel) {
  for (const button of panel.querySelectorAll("button")) button.disabled = true;
}

document.addEventListener("deadline", (event) => {
  const panel = event.target.closest("[data-sale]");
  if (!panel) return;
  const starts = Boolean(event.target.closest("[data-when=soon]"));
  if (starts) open(panel);
  else close(panel);
  askLater(panel, starts ? [3, 12] : [1, 8]);
});

// A question that goes unanswered is nothing to tell anybody about: it is asked again.
for (const problem of ["htmx:responseError", "htmx:sendError"]) {
  document.body.addEventListener(problem, (event) => {
    if (event.target.matches("[data-sale]")) event.stopPropagation();
  });
}

function planAll() {
  for (const panel of document.querySelectorAll("[data-sale]")) if (!asked.has(panel)) plan(panel);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  for (const panel of document.querySelectorAll("[data-sale]")) if (PAUSES[panel.dataset.sale]) askLater(panel, [0.2, 3]);
});
document.addEventListener("htmx:afterSettle", planAll);
planAll();
