// What a marked word of the source means, beside it.

import { el, t } from "./base.js";

/** What a barrier means, when the pointer or the focus is on it. */
export function barrierTips(rows, byCue, go) {
  const tip = el("div.tip", { id: "tip", role: "tooltip", hidden: true });
  document.body.append(tip);
  const show = (event) => {
    const mark = event.target.closest?.(".barrier");
    tip.hidden = !mark;
    if (!mark) return;
    const b = byCue.get(mark.closest(".row").id.slice(4)).barriers[mark.dataset.barrier];
    tip.replaceChildren(el("b", { lang: "zh" }, b.text), b.meaning ? el("p", {}, b.meaning) : "", b.suggestion ? el("p", {}, t("For instance: {text}", { text: b.suggestion })) : "");
    const box = mark.getBoundingClientRect();
    Object.assign(tip.style, { left: `${Math.min(box.left, innerWidth - 300)}px`, top: `${box.bottom + 4}px` });
  };
  rows.addEventListener("mouseover", show);
  rows.addEventListener("focusin", show);
  rows.addEventListener("mouseleave", () => { tip.hidden = true; });
  rows.addEventListener("click", (event) => {
    const mark = event.target.closest(".barrier");
    if (!mark) return;
    go(mark.closest(".row").id.slice(4));
  });
}
