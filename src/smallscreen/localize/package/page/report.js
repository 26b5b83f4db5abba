// Filter, map and lines. It reads what the page holds and writes only text, classes and attributes.
(() => {
  const $ = (id) => document.getElementById(id);
  const episodes = [...document.querySelectorAll(".ep")].map((box) => ({
    box,
    number: box.dataset.e,
    open: box.open,
    rows: [...box.querySelectorAll(".r[data-t]")].map((el) => ({
      el, t: Number(el.dataset.t), s: (el.dataset.s || "").split(" "), k: (el.dataset.k || "").split(" "), text: null,
    })),
  }));
  const total = episodes.reduce((sum, e) => sum + e.rows.length, 0);
  const byNumber = new Map(episodes.map((e) => [e.number, e]));

  // The filter.
  const form = $("filter");
  let active = false;
  function apply() {
    const q = $("q").value.trim().toLowerCase();
    const wanted = [...form.querySelectorAll("[name=s]:checked")].map((i) => i.value);
    const kind = $("kind").value, only = $("episode").value;
    const narrowed = Boolean(q || wanted.length || kind);
    if (!active && (narrowed || only)) for (const e of episodes) e.open = e.box.open;
    let shown = 0;
    for (const e of episodes) {
      let here = 0;
      for (const row of e.rows) {
        let fits = (!only || only === e.number) && (!kind || row.k.includes(kind)) &&
          (!wanted.length || wanted.some((s) => row.s.includes(s)));
        if (fits && q) fits = (row.text ??= row.el.textContent.toLowerCase()).includes(q);
        row.el.hidden = !fits;
        if (fits) here++;
      }
      shown += here;
      e.box.hidden = (narrowed || Boolean(only)) && !here && !(only === e.number && !narrowed);
      if (narrowed || only) e.box.open = here > 0;
      else if (active) e.box.open = e.open;
    }
    active = narrowed || Boolean(only);
    $("shown").textContent = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} rows`;
    $("nothing").hidden = shown > 0 || !active;
  }
  if (form && total) {
    form.hidden = false;
    let timer;
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    $("open").addEventListener("click", () => { for (const e of episodes) e.box.open = true; });
    $("close").addEventListener("click", () => { for (const e of episodes) e.box.open = false; });
    for (const button of document.querySelectorAll(".pick")) {
      button.addEventListener("click", () => {
        form.reset();
        $("kind").value = button.dataset.pick;
        setTimeout(() => { apply(); $("lines").scrollIntoView(); }, 10);
      });
    }
    apply();
  }

  // Going to a line, from the map or an address.
  let lit = null;
  function go(row) {
    if (row.el.hidden) { form.reset(); setTimeout(() => go(row), 20); return; }
    row.el.closest("details").open = true;
    if (lit) lit.classList.remove("lit");
    (lit = row.el).classList.add("lit");
    row.el.scrollIntoView({ block: "center" });
    // What stands between has only an estimated height until it is drawn: correct once it is.
    setTimeout(() => row.el.scrollIntoView({ block: "center" }), 60);
  }
  function goHash() {
    const el = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
    if (!el) return;
    if (el.matches(".ep")) { el.hidden = false; el.open = true; el.scrollIntoView(); }
    const row = el.dataset.t !== undefined && byNumber.get(el.closest(".ep").dataset.e)?.rows.find((r) => r.el === el);
    if (row) go(row);
  }
  addEventListener("hashchange", goHash);
  goHash();

  // The map: which line is under the pointer?
  const map = document.querySelector(".map"), readout = $("readout");
  function under(event) {
    const link = event.target.closest(".mrow");
    const svg = link?.querySelector("svg");
    const e = link && byNumber.get(link.dataset.e);
    if (!e || !e.rows.length || !event.clientX) return null;
    const box = svg.getBoundingClientRect();
    const t = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width * 100;
    if (t < -500) return null;
    const marked = e.rows.filter((r) => r.s[0] || r.k[0]);
    const near = (rows) => rows.reduce((best, r) => (!best || Math.abs(r.t - t) < Math.abs(best.t - t) ? r : best), null);
    const first = near(marked);
    // A mark within six pixels is what was meant.
    const reach = (6 / box.width) * svg.viewBox.baseVal.width * 100;
    if (first && Math.abs(first.t - t) <= reach) return { e, row: first };
    const before = e.rows.filter((r) => r.t <= t);
    return { e, row: before.length ? before[before.length - 1] : e.rows[0] };
  }
  if (map) {
    map.addEventListener("mousemove", (event) => {
      const hit = under(event);
      readout.textContent = "";
      if (!hit) return;
      const name = document.createElement("b");
      const part = (selector) => [...hit.row.el.querySelectorAll(selector)].map((p) => p.innerText || p.textContent).join(" ").replace(/\s+/g, " ").trim();
      name.textContent = `Episode ${hit.e.number}, ${part(".t span:nth-child(2)")}`;
      const texts = [part(".s p"), part(".x p"), part(".f")].filter(Boolean).join("  –  ");
      readout.append(name, texts);
    });
    map.addEventListener("mouseleave", () => { readout.textContent = ""; });
    map.addEventListener("click", (event) => {
      const hit = under(event);
      if (!hit) return;
      event.preventDefault();
      history.replaceState(null, "", `#${hit.row.el.id}`);
      go(hit.row);
    });
  }
})();
