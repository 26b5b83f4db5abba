// What each lane of the timeline shows and how it is drawn. Pure drawing: no events, no elements.
import { t } from "./base.js";
import { lastStart } from "./player.js";

/** The lanes that an episode has something for, in their order. `tell` is an item in one sentence. */
export function laneList(view) {
  const story = view.story;
  const lanes = [{ id: "source", name: t("Source"), height: 30, items: view.cues, tell: (c) => `${c.speaker ? `${c.speaker}: ` : ""}${c.text}` }];
  if (view.edition) {
    lanes.push({ id: "edition", name: view.edition.name, height: 30, items: view.lines, tell: (n) => n.text.replaceAll("\n", " ") });
    lanes.push({
      id: "speed", name: t("Reading speed"), height: 36, items: view.lines, about: t("Characters a second; the line is the market’s limit, {limit}.", { limit: view.edition.cps }),
      tell: (n) => t("{cps} characters a second; {limit} can be read.", { cps: n.cps, limit: view.edition.cps }),
    });
  }
  if (story.source || story.edition) {
    const about = t("A rank among the lines of its own language in the whole series, smoothed over about three lines. Single lines are read with low confidence.");
    const told = (axis) => (c, v) => {
      const i = v.cues.indexOf(c);
      const part = (curves) => (curves?.[axis][i] === null || !curves ? "–" : Math.round(curves[axis][i] * 100));
      return t("source {source}, edition {edition} of 100", { source: part(story.source), edition: part(story.edition) });
    };
    lanes.push({ id: "feeling", name: t("Feeling"), height: 46, items: view.cues, about, tell: told("feeling") });
    lanes.push({ id: "gratification", name: t("Gratification"), height: 30, items: view.cues, about, axis: "gratification", tell: (c, v) => `${t("Gratification")}: ${told("gratification")(c, v)}` });
    lanes.push({ id: "resonance", name: t("Vulnerability, care"), height: 30, items: view.cues, about, axis: "resonance", tell: (c, v) => `${t("Vulnerability, care")}: ${told("resonance")(c, v)}` });
  }
  const beats = stacked(view.beats, 2);
  const rows = 1 + Math.max(0, ...beats.map((b) => b.row));
  if (beats.length) lanes.push({ id: "beats", name: t("Beats and hooks"), height: 6 + rows * 16, items: beats, rows, tell: (f) => `${beatName(f.check)}: ${f.message}` });
  if (view.barriers.length) lanes.push({ id: "barriers", name: t("Barriers"), height: 20, items: view.barriers, tell: (b) => `${b.text} (${t(b.kind)}): ${b.meaning}` });
  lanes.push({ id: "findings", name: t("Findings"), height: 36, items: view.findings, tell: (f) => `${f.message}${f.suggestion ? ` ${f.suggestion}` : ""}` });
  if (view.retention) {
    const r = view.retention, n = r.starters.toLocaleString();
    const items = r.times_ms.map((ms, i) => ({ start_ms: ms - 500, end_ms: ms + 500, i }));
    const p = (v) => (100 * v).toFixed(1);
    const tell = ({ i }) => t("{share} % of {n} starters watch this second ({low} to {high})", { share: p(r.share[i]), n, low: p(r.low[i]), high: p(r.high[i]) }) + (r.simulated ? ` · ${t("simulated")}` : "");
    const about = t("The share of the episode's starters who played each second, with its 95 % interval; zero is at the lane's bottom.");
    lanes.push({ id: "retention", name: r.simulated ? t("Retention (simulated)") : t("Audience retention"), height: 48, items, about, tell });
  }
  return lanes;
}

export const heights = (lanes, tall) => lanes.map((lane) => Math.round(lane.height * tall));

export function beatName(check) {
  const names = {
    "story.vulnerability": t("Vulnerability"), "story.care": t("Care"), "story.restraint": t("Restraint"), "story.gratification": t("Gratification"),
    "story.face-slap": t("Face-slap sequence"), "story.hook": t("Hook"), "story.no-hook": t("No hook"), "story.reversal": t("Reversal"), "story.trope": t("Trope"),
  };
  return names[check] || check.replace("story.", "");
}

/** The item of a lane at a time; `share` is the place in the lane from 0 at the top, `reach` the ms that a pointer may miss by. */
export function itemAt(view, lane, ms, share, reach) {
  let best = null, least = Infinity;
  const row = lane.rows ? Math.floor(share * lane.rows) : lane.id === "findings" ? Math.floor(share * 3) : null;
  for (const item of lane.items) {
    if (item.start_ms - reach > ms) break;
    if (item.end_ms + reach < ms) continue;
    if (row !== null && (lane.rows ? item.row : ROWS[item.severity]) !== row) continue;
    const off = Math.abs((item.start_ms + item.end_ms) / 2 - ms);
    if (off < least) { best = item; least = off; }
  }
  return best;
}

/** Everything that can be seen, on a canvas whose unit is a px of the page. */
export function draw(ctx, s) {
  const c = s.colors;
  ctx.clearRect(0, 0, s.width, s.height);
  s.from = s.left / s.scale;
  s.to = (s.left + s.width) / s.scale;
  s.x = (ms) => ms * s.scale - s.left;
  if (s.cue) {
    ctx.fillStyle = c["accent-soft"];
    ctx.globalAlpha = 0.6;
    ctx.fillRect(s.x(s.cue.start_ms), s.axis, Math.max(2, (s.cue.end_ms - s.cue.start_ms) * s.scale), s.height);
    ctx.globalAlpha = 1;
  }
  axis(ctx, s);
  let y = s.axis;
  for (const [i, lane] of s.lanes.entries()) {
    const h = s.heights[i];
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, y, s.width, h);
    ctx.clip();
    (DRAW[lane.id] || curve)(ctx, s, lane, y, h);
    ctx.restore();
    ctx.fillStyle = c.rule;
    ctx.fillRect(0, y + h - 1, s.width, 1);
    y += h;
  }
}

const ROWS = { error: 0, warning: 1, note: 2 };
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

function axis(ctx, s) {
  const step = STEPS.find((n) => n * 1000 * s.scale >= 64) || 3600;
  ctx.font = `11px ${s.colors.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.direction = "ltr";
  for (let n = Math.floor(s.from / 1000 / step); n * step * 1000 <= s.to; n++) {
    const x = Math.round(s.x(n * step * 1000));
    ctx.fillStyle = s.colors.rule;
    ctx.fillRect(x, 0, 1, s.height);
    const at = n * step, m = Math.floor(at / 60);
    ctx.fillStyle = s.colors.dim;
    ctx.fillText(`${m}:${(at - m * 60).toFixed(step < 1 ? 1 : 0).padStart(step < 1 ? 4 : 2, "0")}`, x + 4, s.axis / 2);
  }
}

/** The items that reach into what can be seen; `items` in the order of their start. */
function seen(s, items) {
  const last = lastStart(items, s.to);
  let first = Math.max(0, lastStart(items, s.from));
  // Items overlap at most a little; a few before the first may reach in.
  first = Math.max(0, first - 8);
  return items.slice(first, last + 1).filter((x) => x.end_ms >= s.from);
}

/** Items side by side in rows, so that long ones do not lie on each other; whatever does not fit shares the last row. */
function stacked(items, rows) {
  const ends = Array(rows).fill(-1);
  return [...items].sort((a, b) => a.start_ms - b.start_ms).map((item) => {
    let row = ends.findIndex((end) => end <= item.start_ms);
    if (row < 0) row = rows - 1;
    ends[row] = Math.max(ends[row], item.end_ms);
    return { ...item, row };
  });
}

function bar(ctx, s, item, y, h, fill, text = "", ink = s.colors.ink, direction = "ltr") {
  const x = s.x(item.start_ms), w = Math.max(1.5, s.x(item.end_ms) - x - 1);
  ctx.fillStyle = fill;
  ctx.fillRect(x, y, w, h);
  if (!text || w < 40 || h < 12) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.fillStyle = ink;
  ctx.font = `11.5px ${s.colors.font}`;
  ctx.direction = direction;
  ctx.textAlign = "left";
  // What begins before the window keeps its words in sight.
  const from = Math.max(x, 0) + 4;
  if (direction === "rtl") { ctx.textAlign = "right"; ctx.fillText(text, Math.min(x + w, s.width) - 4, y + h / 2 + 0.5); } else ctx.fillText(text, from, y + h / 2 + 0.5);
  ctx.restore();
}

function cues(ctx, s, lane, y, h) {
  for (const c of seen(s, lane.items)) {
    const on = s.cue && c.id === s.cue.id;
    bar(ctx, s, c, y + 5, h - 11, on ? s.colors["cue-on"] : s.colors.cue, c.text.replaceAll("\n", " "), on ? s.colors["on-accent"] : s.colors.ink);
  }
}

function lines(ctx, s, lane, y, h) {
  const { direction } = s.view.edition;
  for (const n of seen(s, lane.items)) {
    const on = s.cue && n.cues.includes(s.cue.id);
    bar(ctx, s, n, y + 5, h - 11, on ? s.colors["cue-on"] : s.colors.cue, n.text.replaceAll("\n", " "), on ? s.colors["on-accent"] : s.colors.ink, direction);
  }
}

function speed(ctx, s, lane, y, h) {
  const limit = s.view.edition.cps, top = limit * 1.75, foot = y + h - 4, room = h - 8;
  for (const n of seen(s, lane.items)) {
    const high = Math.max(1, (Math.min(n.cps, top) / top) * room);
    const x = s.x(n.start_ms), w = Math.max(1.5, s.x(n.end_ms) - x - 1);
    ctx.fillStyle = n.over ? s.colors.warning : s.colors.edition;
    ctx.globalAlpha = n.over ? 1 : 0.45;
    ctx.fillRect(x, foot - high, w, high);
    ctx.globalAlpha = 1;
    if (w > 34) {
      ctx.font = `10.5px ${s.colors.font}`;
      ctx.textAlign = "left";
      ctx.direction = "ltr";
      ctx.fillStyle = n.over ? s.colors.card : s.colors.ink;
      ctx.fillText(n.cps.toFixed(1), Math.max(x, 0) + 4, foot - 7);
    }
  }
  ctx.strokeStyle = s.colors.dim;
  ctx.setLineDash([4, 3]);
  ctx.beginPath();
  const at = Math.round(foot - (limit / top) * room) + 0.5;
  ctx.moveTo(0, at);
  ctx.lineTo(s.width, at);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** One curve over the cues: runs of known values, from the middle of a cue to the middle of the next. */
function path(ctx, s, values, y, h, close) {
  const all = s.view.cues;
  const first = Math.max(0, lastStart(all, s.from) - 1), last = Math.min(all.length - 1, lastStart(all, s.to) + 1);
  const foot = y + h - 4;
  const place = (i) => [s.x((all[i].start_ms + all[i].end_ms) / 2), foot - values[i] * (h - 8)];
  ctx.beginPath();
  let open = null, end = 0;
  for (let i = first; i <= last + 1; i++) {
    const known = i <= last && values[i] !== null && values[i] !== undefined;
    if (known) {
      const [px, py] = place(i);
      if (open === null) { open = px; if (close) { ctx.moveTo(px, foot); ctx.lineTo(px, py); } else ctx.moveTo(px, py); } else ctx.lineTo(px, py);
      end = px;
    } else if (open !== null) {
      if (close) { ctx.lineTo(end, foot); ctx.closePath(); }
      open = null;
    }
  }
}

function curve(ctx, s, lane, y, h) {
  const { source, edition } = s.view.story;
  const axisName = lane.axis || "feeling";
  const ink = { gratification: s.colors.grat, resonance: s.colors.reso }[axisName] || s.colors.edition;
  if (axisName === "feeling") {
    ctx.fillStyle = s.colors.rule;
    ctx.fillRect(0, Math.round(y + h / 2), s.width, 1);
  }
  if (source) {
    const soft = axisName === "feeling" ? s.colors.source : ink;
    path(ctx, s, source[axisName], y, h, true);
    ctx.fillStyle = soft;
    ctx.globalAlpha = 0.2;
    ctx.fill();
    ctx.globalAlpha = 1;
    path(ctx, s, source[axisName], y, h, false);
    ctx.strokeStyle = axisName === "feeling" ? s.colors.source : s.colors.dim;
    ctx.setLineDash([3, 2]);
    ctx.lineWidth = 1.25;
    ctx.stroke();
    ctx.setLineDash([]);
  }
  if (edition) {
    path(ctx, s, edition[axisName], y, h, false);
    ctx.strokeStyle = ink;
    ctx.lineWidth = 1.75;
    ctx.stroke();
  }
  ctx.lineWidth = 1;
}

function beats(ctx, s, lane, y, h) {
  const colors = { "story.hook": "hook", "story.no-hook": "warning", "story.reversal": "hook", "story.gratification": "grat", "story.face-slap": "grat", "story.vulnerability": "reso", "story.care": "care", "story.restraint": "care" };
  const row = (h - 6) / lane.rows;
  for (const f of lane.items) {
    if (f.end_ms < s.from || f.start_ms > s.to) continue;
    const ink = s.colors[colors[f.check] || "note"];
    const top = y + 3 + f.row * row;
    ctx.globalAlpha = 0.22;
    bar(ctx, s, f, top, row - 2, ink);
    ctx.globalAlpha = 1;
    ctx.fillStyle = ink;
    ctx.fillRect(s.x(f.start_ms), top, 3, row - 2);
    bar(ctx, s, f, top, row - 2, "transparent", ` ${beatName(f.check)}`);
  }
}

function barriers(ctx, s, lane, y, h) {
  for (const b of seen(s, lane.items)) {
    const top = y + 3 + (3 - b.need) * 2, high = h - 7 - (3 - b.need) * 2;
    ctx.globalAlpha = 0.2 + b.need * 0.1;
    bar(ctx, s, b, top, high, s.colors.hook);
    ctx.globalAlpha = 1;
    bar(ctx, s, b, top, high, "transparent", b.text);
  }
}

function findings(ctx, s, lane, y, h) {
  const row = (h - 6) / 3;
  for (const f of lane.items) {
    if (f.end_ms < s.from || f.start_ms > s.to) continue;
    const x = s.x(f.start_ms), w = Math.max(3, s.x(f.end_ms) - x - 1);
    const top = y + 3 + ROWS[f.severity] * row;
    ctx.fillStyle = ctx.strokeStyle = s.colors[f.severity];
    if (f.decision) ctx.strokeRect(x + 0.5, Math.round(top) + 1.5, Math.max(2, w - 1), Math.round(row) - 4);
    else ctx.fillRect(x, top + 1, w, row - 3);
  }
}

function retention(ctx, s, lane, y, h) {
  const { times_ms: times, share, low, high } = s.view.retention;
  const place = (v) => y + h - 4 - v * (h - 8);
  ctx.beginPath();
  times.forEach((ms, i) => (i ? ctx.lineTo(s.x(ms), place(high[i])) : ctx.moveTo(s.x(ms), place(high[i]))));
  for (let i = times.length - 1; i >= 0; i--) ctx.lineTo(s.x(times[i]), place(low[i]));
  ctx.fillStyle = s.colors["accent-soft"];
  ctx.fill();
  ctx.beginPath();
  times.forEach((ms, i) => ctx.lineTo(s.x(ms), place(share[i])));
  ctx.strokeStyle = s.colors.accent;
  ctx.stroke();
}

const DRAW = { source: cues, edition: lines, speed, beats, barriers, findings, retention };
