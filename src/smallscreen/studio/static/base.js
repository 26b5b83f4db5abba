// What every page shares: words, requests, elements, news, theme. Pages import from here.

const read = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");
const messages = read("messages") || {};
const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content || "";

/** The page's data, as its JSON twin gives it. */
export const pageData = () => read("data");

/** A text in the reader's language; {name} is filled in from `values`. */
export function t(text, values = {}) {
  return (messages[text] || text).replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

export const who = meta("who");
export const role = meta("role");
export const mayEdit = role === "editor" || role === "admin";

/** An answer that is not 2xx: `status`, and `body` as JSON. */
export class ApiError extends Error {
  constructor(status, body) {
    super(typeof body?.detail === "string" ? body.detail : t("The request failed ({status}).", { status }));
    this.status = status;
    this.body = body;
  }
}

/** A request to the studio: `api("PUT", "/api/...", {text})`. Throws ApiError; status 0 is a lost connection. */
export async function api(method, url, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = meta("csrf");
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new ApiError(0, { detail: t("The studio does not answer; what you wrote is kept here.") });
  }
  const json = await answer.json().catch(() => ({}));
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) throw new ApiError(answer.status, json);
  return json;
}

/** An element; text is set as text and never as HTML. `el("button.quiet", {onclick}, "Save")`. */
export function el(what, props = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag || "div");
  if (classes.length) node.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(node.style, value);
    else if (key in node && !tag.startsWith("svg:") && key !== "list") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** 83456 ms as "1:23.4"; `short` leaves the tenths out. */
export function clock(ms, short = false) {
  const s = Math.max(0, ms) / 1000;
  const minutes = Math.floor(s / 60);
  const rest = short ? String(Math.floor(s % 60)).padStart(2, "0") : (Math.floor((s % 60) * 10) / 10).toFixed(1).padStart(4, "0");
  return `${minutes}:${rest}`;
}

/** A short message at the bottom of the page. */
export function toast(text, kind = "note") {
  const box = document.getElementById("toasts");
  const one = el(`div.toast.${kind}`, {}, text);
  box.append(one);
  setTimeout(() => one.remove(), kind === "error" ? 9000 : 3500);
}

/** Remembered on this computer only. */
export const prefs = {
  get(key, otherwise) {
    try { return JSON.parse(localStorage.getItem(`smallscreen.${key}`)) ?? otherwise; } catch { return otherwise; }
  },
  set(key, value) {
    try { localStorage.setItem(`smallscreen.${key}`, JSON.stringify(value)); } catch { /* full, or forbidden */ }
  },
};

let stream;
/** Hear what others change: `onNews("line", (event) => ...)`. Kinds are in docs/studio.md.
 * The document gets `news-again` when the stream came back: news may have been missed. */
export function onNews(kind, act) {
  if (!stream) {
    stream = new EventSource("/api/events");
    let times = 0;
    stream.addEventListener("logout", () => location.assign("/login"));
    stream.addEventListener("open", () => { if (times++) document.dispatchEvent(new CustomEvent("news-again")); });
  }
  stream.addEventListener(kind, (event) => act(JSON.parse(event.data)));
}

/** Calls `act` when nothing has called it for `ms`. */
export function later(act, ms) {
  let timer;
  return (...args) => { clearTimeout(timer); timer = setTimeout(() => act(...args), ms); };
}

const dark = matchMedia("(prefers-color-scheme: dark)");
function paint() {
  const chosen = prefs.get("theme", null);
  document.documentElement.dataset.theme = chosen || (dark.matches ? "dark" : "light");
  document.dispatchEvent(new CustomEvent("theme"));
}
paint();
dark.addEventListener("change", paint);
document.getElementById("theme")?.addEventListener("click", () => {
  prefs.set("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  paint();
});
document.getElementById("language")?.addEventListener("change", async (event) => {
  document.cookie = `smallscreen_language=${event.target.value}; path=/; max-age=31536000; SameSite=Strict`;
  location.reload();
});
