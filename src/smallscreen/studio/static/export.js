// The export dialog, on every page: formats, episodes, what is being made, and the files that are there.
import { api, el, mayEdit, onNews, prefs, t, toast } from "./base.js";

const button = document.getElementById("export");
button?.addEventListener("click", () => open(button.dataset.edition, Number(button.dataset.episode) || null));

let dialog;
let view; // as GET /api/editions/{E}/export gives it
let job = null;
let listening = false;

/** Opens the dialog for an edition; `episode` is the one that is offered by itself. */
export async function open(edition, episode = null) {
  dialog ??= document.body.appendChild(el("dialog.export", { id: "export-dialog", "aria-labelledby": "export-title", onclose: () => button?.focus() }));
  try {
    view = await api("GET", `/api/editions/${encodeURIComponent(edition)}/export`);
  } catch (error) {
    return toast(error.message, "error");
  }
  job = view.job;
  draw(episode);
  if (!dialog.open) dialog.showModal();
  if (!listening) onNews("job", heard);
  listening = true;
}

function draw(episode) {
  dialog.replaceChildren(
    el("header", {}, el("h2", { id: "export-title" }, t("Export {edition}", { edition: view.edition })),
      el("button.quiet", { type: "button", onclick: () => dialog.close(), "aria-label": t("Close") }, "✕")),
    mayEdit ? choices(episode) : el("p.fine", {}, t("You may download what is here; making files needs the role editor.")),
    el("section.state", { id: "export-state", "aria-live": "polite" }),
    el("section.files", { id: "export-files", "aria-label": t("Files") }),
  );
  state();
  files([]);
}

function choices(episode) {
  const chosen = new Set(prefs.get("export", ["srt", "vtt", "docx", "xlsx", "report"]));
  const videos = view.episodes.filter((e) => e.video && e.lines);
  const one = (f) => el("label.format", { title: t(f.description) },
    el("input", { type: "checkbox", name: "format", value: f.id, checked: chosen.has(f.id), onchange: keep }),
    el("span", {}, el("b", {}, t(f.name)), el("small", {}, t(f.description))));
  const plain = view.formats.filter((f) => f.id !== "video");
  const burn = view.formats.find((f) => f.id === "video");
  const which = [["all", t("All {count} episodes", { count: view.episodes.length })]];
  if (episode) which.push(["this", t("Episode {number} only", { number: episode })]);
  which.push(["some", t("These episodes")]);
  const numbers = el("input", { type: "text", id: "export-numbers", placeholder: "1-12, 20", size: 14, "aria-label": t("Numbers of episodes, such as 1-12, 20"),
    onfocus: () => { form.elements.which.value = "some"; } });
  const form = el("form", { id: "export-form", onsubmit: (event) => { event.preventDefault(); begin(form, episode); } },
    el("fieldset", {}, el("legend", {}, t("Formats")), el("div.formats", {}, plain.map(one))),
    el("fieldset", {}, el("legend", {}, t("Episodes")),
      el("div.which", {}, which.map(([value, said], i) => el("label", {}, el("input", { type: "radio", name: "which", value, checked: i === 0 }), " ", said)), numbers)),
    burn && el("fieldset", {}, el("legend", {}, t("Video")),
      videos.length
        ? [one({ ...burn, name: t("Burn the subtitles into the video"), description: t("{count} episodes have a video; this takes a while.", { count: videos.length }) }),
          view.dubbed && el("label.format", {}, el("input", { type: "checkbox", name: "dub" }),
            el("span", {}, el("b", {}, t("As it was dubbed")), el("small", {}, t("The dub's sound, and lines when the voices say them. Goes to a folder of its own, dubbed.")))),
          covering(videos, episode)]
        : el("p.fine", {}, t("No episode with lines has a video."))),
    el("footer", {}, el("p.fine", {}, t("Files go to {folder} in the folder of the series.", { folder: view.folder })),
      el("button.primary", { type: "submit", id: "export-begin" }, t("Make the files"))),
  );
  return form;
}

const covers = [
  ["box", t("Box"), t("A dark box: hides for sure.")],
  ["blur", t("Blur"), t("A strong blur: calm, but seen.")],
  ["inpaint", t("Inpaint"), t("Letters taken out and filled: best where it succeeds.")],
  ["none", t("Leave them"), t("The new lines stand clear of the old ones.")],
];

/** How the video's own subtitles are covered, where they stand, and the picture to choose by. */
function covering(videos, episode) {
  const shown = videos.find((e) => e.number === episode) ?? videos[0];
  const chosen = prefs.get("export-cover", "box");
  return el("div.covering", { role: "group", "aria-labelledby": "export-covering" },
    el("b", { id: "export-covering" }, t("The subtitles that the video itself carries")),
    el("div.formats", {}, covers.map(([value, name, said]) => el("label.format", {},
      el("input", { type: "radio", name: "cover", value, checked: value === chosen, onchange: () => prefs.set("export-cover", value) }),
      el("span", {}, el("b", {}, name), el("small", {}, said))))),
    el("div.which", {},
      el("label", {}, t("Where they stand"), " ", el("input", { type: "text", name: "band", id: "export-band", size: 12, maxlength: 40, placeholder: view.covers ? t("known") : "58%-66%", "aria-describedby": "export-band-said" })),
      el("button", { type: "button", id: "export-look", onclick: () => look(shown.number) }, t("Show the ways on episode {number}", { number: shown.number }))),
    el("small.dim", { id: "export-band-said" }, view.covers
      ? t("It is known where they stand. Write top and bottom of the height, such as {example}, to cover another place.", { example: "58%-66%" })
      : t("It is not known where they stand: write top and bottom of the height, such as {example}, or let smallscreen ocr read them.", { example: "58%-66%" })),
    el("figure", { id: "export-preview", hidden: true }));
}

/** Makes the picture of the ways to cover for one episode; it appears above the button that makes the files. */
async function look(number) {
  const band = document.getElementById("export-band").value.trim() || null;
  await start({ formats: [], episodes: [number], band, preview: true });
}

function preview(made) {
  const folder = view.folders.find((f) => made.includes(f.path));
  const newest = folder?.files.filter((f) => f.name.endsWith(".choices.jpg")).sort((a, b) => b.changed - a.changed)[0];
  const figure = document.getElementById("export-preview");
  if (!figure || !newest) return;
  figure.hidden = false;
  figure.replaceChildren(
    el("a", { href: newest.url, target: "_blank", rel: "noopener noreferrer" },
      el("img", { src: `${newest.url}?at=${newest.changed}`, onload: () => figure.scrollIntoView({ block: "nearest" }), alt: t("The same moment as it is, and with each way to cover, beside each other") })),
    el("figcaption.fine", {}, t("One moment of the episode: as it is, then each way with the new line. Choose above.")));
}

function keep() {
  prefs.set("export", [...dialog.querySelectorAll("input[name=format]:checked")].map((i) => i.value).filter((id) => id !== "video"));
}

/** "1-3, 7" as [1, 2, 3, 7]; null where it cannot be read. */
export function numbersOf(text) {
  const found = new Set();
  for (const part of text.split(/[,;，、\s]+/).filter(Boolean)) {
    const range = /^(\d{1,4})(?:[-–](\d{1,4}))?$/.exec(part);
    if (!range || Number(range[2] ?? range[1]) < Number(range[1])) return null;
    for (let n = Number(range[1]); n <= Number(range[2] ?? range[1]); n++) found.add(n);
  }
  return found.size ? [...found].sort((a, b) => a - b) : null;
}

async function begin(form, episode) {
  const formats = [...form.querySelectorAll("input[name=format]:checked")].map((i) => i.value);
  if (!formats.length) return toast(t("Choose at least one format."), "error");
  const which = form.elements.which.value;
  const have = new Set(view.episodes.map((e) => e.number));
  let episodes = null;
  if (which === "this") episodes = [episode];
  if (which === "some") {
    episodes = numbersOf(document.getElementById("export-numbers").value)?.filter((n) => have.has(n)) ?? null;
    if (!episodes?.length) return toast(t("Write the numbers of episodes, such as 1-12, 20."), "error");
  }
  const band = form.elements.band?.value.trim() || null;
  await start({ formats, episodes, band, cover: form.elements.cover?.value || "box", dub: form.elements.dub?.checked ?? false });
}

async function start(asked) {
  try {
    const started = await api("POST", `/api/editions/${encodeURIComponent(view.edition)}/export`, asked);
    job = { id: started.job, state: "waiting", done: 0, total: 0, what: "" };
    state();
    document.getElementById("export-state").scrollIntoView({ block: "nearest" });
    ask();
  } catch (error) {
    toast(error.message, "error");
  }
}

const over = (j) => ["done", "failed", "canceled"].includes(j.state);

function heard(news) {
  if (!job || news.id !== job.id || over(job)) return;
  if (over(news)) return ask();
  job = { ...job, ...news };
  state();
}

/** Asks how far the job is: once at the end, and now and then in case the news do not arrive. */
async function ask() {
  if (!job) return;
  const id = job.id;
  const now = await api("GET", `/api/jobs/${id}`).catch(() => null);
  if (!now || job?.id !== id) return;
  job = now;
  if (over(now)) {
    const made = now.result?.made || [];
    if (now.state === "done") view = await api("GET", `/api/editions/${encodeURIComponent(view.edition)}/export`).catch(() => view);
    state();
    files(made.map((m) => m.path));
    if (now.state === "done" && made.some((m) => m.what.startsWith("pictures of"))) preview(made.map((m) => m.path));
  } else {
    state();
    setTimeout(ask, 1000);
  }
}

function state() {
  const box = document.getElementById("export-state");
  const begins = document.getElementById("export-begin");
  const busy = Boolean(job) && !over(job);
  if (begins) begins.disabled = busy;
  const looks = document.getElementById("export-look");
  if (looks) looks.disabled = busy;
  if (!job) return box.replaceChildren();
  const said = {
    waiting: t("Waiting for other work to end."),
    running: job.what || t("Fitting the lines."),
    done: job.result?.made?.length === 0 ? t("Nothing to write: this edition has no lines yet.") : t("Done."),
    failed: job.error,
    canceled: t("Canceled; what was written until then stays."),
  }[job.state];
  const old = box.querySelector("progress");
  const bar = busy ? old || el("progress", { "aria-label": t("Export") }) : null;
  if (bar && job.total > 0) { bar.max = job.total; bar.value = job.done; } else bar?.removeAttribute("value");
  box.replaceChildren(...[bar, el(`p.${job.state}`, {}, said),
    busy && mayEdit && el("button", { type: "button", onclick: cancel }, t("Cancel")),
    job.state === "done" && job.result?.problems?.length > 0 && el("ul.told", {}, job.result.problems.map((said) => el("li", {}, said)))].filter(Boolean));
}

async function cancel() {
  await api("POST", `/api/jobs/${job.id}/cancel`).catch((error) => toast(error.message, "error"));
}

/** Bytes for people: 12 kB, 3.4 MB. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, by] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  const value = bytes / by;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

function files(made) {
  const box = document.getElementById("export-files");
  const fresh = (path) => made.some((m) => path === m || path.startsWith(`${m}/`));
  if (!view.folders.length) return box.replaceChildren(el("p.fine", {}, t("Nothing has been exported yet.")));
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const row = (folder) => (f) => el("li", {},
    el("a", { href: f.url, download: f.name }, f.name),
    f.shown && el("a.button", { href: f.shown, target: "_blank", rel: "noopener noreferrer", "aria-label": t("Look at {name}", { name: f.name }) }, t("Look")),
    fresh(folder.path ? `${folder.path}/${f.name}` : f.name) && el("span.chip.ok", {}, t("new")),
    el("span.num", {}, size(f.bytes)));
  box.replaceChildren(el("h3", {}, t("Files")), ...view.folders.map((folder) => {
    if (!folder.path) return el("ul", {}, folder.files.map(row(folder)));
    const head = el("summary", {}, el("b", {}, folder.path), el("span.dim", {}, t("{count} files", { count: folder.files.length })),
      folder.files.some((f) => fresh(`${folder.path}/${f.name}`)) && el("span.chip.ok", {}, t("new")),
      el("span.when", {}, when.format(folder.changed * 1000)), el("span.num", {}, size(folder.bytes)));
    return el("details", {}, head, el("p", {}, el("a.button", { href: folder.url, download: "" }, t("All as .zip"))), el("ul", {}, folder.files.map(row(folder))));
  }));
}
