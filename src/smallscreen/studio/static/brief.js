// The brief: filters over the barriers, printing. Everything else is the server's own HTML.
import { t } from "./base.js";

const groups = [...document.querySelectorAll("table.items tbody")].map((node) => ({ node, text: node.textContent.toLowerCase() }));
const by = (id) => document.getElementById(id);

function filter() {
  const words = by("find").value.trim().toLowerCase();
  const need = by("need").value;
  const strategy = by("strategy").value;
  const open = by("undecided").checked;
  let shown = 0;
  for (const { node, text } of groups) {
    const fits = (!words || text.includes(words)) && (!need || node.dataset.need === need)
      && (!strategy || node.dataset.strategy === strategy) && (!open || node.dataset.open);
    node.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  by("shown").textContent = t("{shown} of {all} items", { shown, all: groups.length });
}

for (const id of ["find", "need", "strategy", "undecided"]) by(id).addEventListener("input", filter);
filter();
by("print").addEventListener("click", () => print());
