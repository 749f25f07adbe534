// Ticks all cases at once. Without script each is ticked by itself.
const head = document.querySelector("table.cards th.pick");
if (head) {
  const boxes = [...document.querySelectorAll("td.pick input")];
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", head.textContent.trim());
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  head.replaceChildren(all);
}
