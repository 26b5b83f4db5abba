// Drawings of the audience and business pages: axes, bands, a cursor that is read with the pointer or the keys.
// Colors are classes (chart.css), so that a drawing follows the theme without being drawn again.

import { el } from "./base.js";

const RIGHT = 14, TOP = 10, BOTTOM = 24;

/** Round steps over a range: about `count` of them. */
export function ticks(low, high, count = 5) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((s) => s * power >= rough - 1e-12) * power;
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
}

/** Axes for values `x` and `y` ([low, high]) in a drawing of `width` by `height` px.
 * Gives {svg, x(v), y(v), left, right, top, bottom}; add what is drawn to `svg`. */
export function axes({ width, height, x, y, xTicks, yTicks, xText = String, yText = String, left = 44, label, zero = false }) {
  const svg = el("svg:svg.chart", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": label ? null : "true", role: label ? "img" : null, "aria-label": label });
  const right = width - RIGHT, bottom = height - BOTTOM;
  const scale = (from, to, [low, high]) => (v) => from + ((to - from) * (v - low)) / (high - low || 1);
  const px = scale(left, right, x), py = scale(bottom, TOP, y);
  for (const v of yTicks) {
    svg.append(el(`svg:line.grid${zero && v === 0 ? ".zero" : ""}`, { x1: left, x2: right, y1: py(v), y2: py(v) }), el("svg:text.tick.end", { x: left - 6, y: py(v) + 4 }, yText(v)));
  }
  for (const v of xTicks) svg.append(el("svg:text.tick.mid", { x: px(v), y: height - 7 }, xText(v)));
  return { svg, x: px, y: py, left, right, top: TOP, bottom };
}

/** A path through points [x, y] in px. */
export const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** A path around the points between two edges. */
export const band = (over, under) => (over.length ? `${path(over)}L${[...under].reverse().map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z` : "");

/** Make the drawing `ax` readable at `count` places: the pointer and the arrow keys move a cursor, `tell(i)` says in
 * `out` (and to those who hear) what stands there, Enter and a click call `open(i)`. `at(i)` is the place's x in px. */
export function reader(box, ax, { label, count, at, tell, said, open, start = 0, out }) {
  let now = Math.min(count - 1, Math.max(0, start));
  const line = el("svg:line.cursor", { x1: 0, x2: 0, y1: ax.top, y2: ax.bottom });
  ax.svg.append(line);
  const node = el("div.read", { tabIndex: 0, role: "slider", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": String(count - 1) }, ax.svg);
  if (open) node.classList.add("opens");
  const show = (i) => {
    now = Math.min(count - 1, Math.max(0, i));
    const x = at(now);
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    node.setAttribute("aria-valuenow", String(now));
    node.setAttribute("aria-valuetext", said(now));
    out.replaceChildren(...[tell(now)].flat());
  };
  const nearest = (event) => {
    const x = event.clientX - ax.svg.getBoundingClientRect().left;
    // Places stand in order, so that the halves are searched.
    let low = 0, high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(middle) < x) low = middle + 1;
      else high = middle;
    }
    return low && x - at(low - 1) < at(low) - x ? low - 1 : low;
  };
  node.addEventListener("pointermove", (event) => show(nearest(event)));
  if (open) node.addEventListener("click", (event) => open(nearest(event)));
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (step) show(now + step);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(count - 1);
    else if (event.key === "Enter" && open) open(now);
    else return;
    event.preventDefault();
  });
  box.replaceChildren(node);
  show(now);
  return { show, get at() { return now; } };
}

/** Draw `act(width)` in `box` now and whenever it gets another width. */
export function responsive(box, act) {
  let wide = 0;
  const draw = () => {
    const width = Math.floor(box.clientWidth);
    if (width < 80 || width === wide) return;
    wide = width;
    act(width);
  };
  new ResizeObserver(draw).observe(box);
  draw();
  return () => { wide = 0; draw(); };
}

/** A table: `head` are [text, "num"?], rows are lists of texts or nodes. */
export function table(caption, head, rows) {
  return el("table.figures", {}, el("caption.sr", {}, caption),
    el("thead", {}, el("tr", {}, head.map(([text, kind]) => el(`th${kind ? `.${kind}` : ""}`, { scope: "col" }, text)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, i) => el(`td${head[i][1] ? `.${head[i][1]}` : ""}`, {}, cell))))));
}

export const number = (v, digits = 0) => (v === null || v === undefined ? "–" : v.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
export const percent = (v, digits = 1) => (v === null || v === undefined ? "–" : `${number(100 * v, digits)} %`);
