// Shows while it is typed what goes back. The server reckons for itself: orders/shares.py.
const form = document.getElementById("refund-form");
const { left, digits, currency } = form.dataset;
const scale = 10 ** Number(digits);
const money = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "currency", currency });
const sum = document.getElementById("refund-sum");
const rows = [...form.querySelectorAll("tr[data-paid]")];

function price(row) {
  const [paid, quantity, refunded] = ["paid", "quantity", "refunded"].map((name) => BigInt(row.dataset[name]));
  const input = row.querySelector("input[type=number]");
  const most = quantity - refunded;
  const typed = /^\d+$/.test(input.value) ? BigInt(input.value) : 0n;
  const units = typed > most ? most : typed;
  return Number((paid * (refunded + units)) / quantity - (paid * refunded) / quantity);
}

function show() {
  let total = 0;
  for (const row of rows) {
    const amount = price(row);
    row.querySelector("output").textContent = amount ? money.format(amount / scale) : "";
    total += amount;
  }
  const all = form.elements.extent.value === "all";
  const typed = form.elements.amount.value.trim().replace(",", ".");
  const chosen = typed === "" ? Math.min(total, Number(left)) : Math.round(Number(typed) * scale);
  const goes = all ? Number(left) : chosen;
  sum.textContent = Number.isFinite(goes) ? money.format(goes / scale) : "?";
  sum.parentElement.hidden = false;
  sum.parentElement.classList.toggle("errornote", goes > Number(left));
}

form.addEventListener("input", show);
show();
