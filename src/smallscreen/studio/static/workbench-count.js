// How long a line is, as the market counts it, and how it would break: the twin of series/text.py and
// localize/fit, so that the meter moves with the key. A test compares the two on the same strings.

const TAG = /\{\\[^{}]*\}|<\/?(?:[ibu]|s|c|v|font|ruby|rt|lang|span|em|strong|b[ir]?)(?:[.\s][^<>]*|\/)?>|<(?:\p{Nd}+:)?\p{Nd}\p{Nd}:\p{Nd}\p{Nd}\.\p{Nd}{3}>/giu;
const ASCII = /^[\x00-\x7f]*$/;
const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]/;
const MAYBE_EMOJI = /[\u200d\u20e3\u{1f000}-\u{1faff}]/u;
// One picture made of several emoji: joined families, skin tones, flags, keycaps.
const EMOJI = /[\u{1f1e6}-\u{1f1ff}]{2}|[\u203c-\u3299\u{1f000}-\u{1faff}][\ufe0f\u{1f3fb}-\u{1f3ff}]*(?:\u200d[\u203c-\u3299\u{1f000}-\u{1faff}][\ufe0f\u{1f3fb}-\u{1f3ff}]*)+|[\u{1f000}-\u{1faff}][\u{1f3fb}-\u{1f3ff}]|[0-9#*]\ufe0f?\u20e3/gu;
const UNSEEN = /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u2060\ufeff\ufffe\uffff\ud800-\udfff]/gu;
const NEWLINE = /\r\n|[\r\x0b\x0c\x85\u2028\u2029]/g;
const EDGE = "[\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069 \\t\\n\\xa0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]";
const EDGES = new RegExp(`^${EDGE}+|${EDGE}+$`, "g");
// A no-break space is a space for the eye and not for the break.
const SPACE = "(?:(?![\\u00a0\\u2007\\u202f])\\s|\\u200b)";
const PIECE = new RegExp(`(${SPACE}*)((?:<[^<>\\n]{1,100}>|\\{[^{}\\n]{1,100}\\}|(?!${SPACE}).)+)`, "gsu");
const DASH = "\\-–—‐‑−－﹣";
const SPEAKER_ROW = new RegExp(`^[${DASH}]\\s*[^\\s${DASH}]`, "u");
const SECOND_SPEAKER = new RegExp(`(?<=[.!?…。！？؟।"”»」])\\s+(?=[${DASH}]\\s?[^\\s${DASH}])`, "u");
const EPS = 1e-6;

/** `text` without tags. */
export const plain = (text) => (text.includes("<") || text.includes("{") ? text.replace(TAG, "") : text);

/** `text` as a subtitle can show it: trimmed rows, no empty ones, nothing unseen. */
export function clean(text) {
  if (/^[\x20-\x7e]*$/.test(text)) return text.trim();
  const seen = text.replaceAll("\t", " ").replace(NEWLINE, "\n").replace(UNSEEN, "");
  return seen.split("\n").map((row) => row.replace(EDGES, "")).filter(Boolean).join("\n");
}

/** Counts and breaks lines by a market's screen rules (`ScreenRules` of the page's data). */
export function makeCounter(screen, language) {
  const { counting, cpl, max_lines } = screen;
  const usual = lookup(screen.widths);
  const korean = counting === "half" ? lookup(screen.widths_korean) : usual;

  /** Characters of one line as the market counts them; tags and line breaks count 0. */
  function width(raw) {
    let text = plain(raw);
    if (ASCII.test(text)) return (text.length - text.split("\n").length + 1) * (counting === "half" ? 0.5 : 1);
    if (MAYBE_EMOJI.test(text)) text = text.replace(EMOJI, "\u3013");
    text = text.normalize("NFC");
    const of = counting === "half" && HANGUL.test(text) ? korean : usual;
    let sum = 0;
    for (const char of text) sum += of(char.codePointAt(0));
    return sum;
  }

  function pieces(text, fine = false) {
    let found = [...text.matchAll(PIECE)].map((m, n) => ({ glue: n ? one(m[1]) : "", word: m[2] }));
    if (fine) found = found.flatMap((p) => finer(p, width, cpl, screen.word_breaks === "model" ? language : null));
    let end = 0;
    return found.map(({ glue, word }) => {
      const w = width(word);
      end += w + (glue ? width(`a${glue}a`) - width("aa") : 0);
      return { glue, word, width: w, end };
    });
  }

  /** The rows of a subtitle of its own, as the fit would break it; which words meet may differ, the count does not. */
  function rows(raw) {
    const text = clean(raw);
    const turns = speakers(text);
    if (turns.length > 1) {
      const dual = turns.flatMap((turn) => broken(turn));
      if (dual.length <= max_lines && dual.every((row) => width(row) <= cpl + EPS)) return dual;
    }
    return broken(text);
  }

  function broken(text) {
    let found = pieces(text);
    if (!found.length) return [];
    if (found.at(-1).end > cpl) found = pieces(text, true);
    const marks = breaks(found, cpl, language);
    return marks.slice(1).map((stop, n) => found.slice(marks[n], stop).map((p, k) => (k ? p.glue : "") + p.word).join(""));
  }

  /** What the meter shows of a line that can be shown for `ms`. */
  function measure(raw, ms, budget) {
    const shown = rows(raw).map((text) => ({ text, width: width(text) }));
    const characters = shown.reduce((sum, row) => sum + row.width, 0);
    return {
      rows: shown.map((row) => ({ ...row, over: row.width > cpl + EPS })),
      characters,
      left: budget - characters,
      cps: (characters * 1000) / Math.max(ms, 1),
      fast: characters * 1000 > screen.cps * ms + EPS,
      tall: shown.length > max_lines,
    };
  }

  return { width, rows, measure };
}

/** The text by speaker: several where each begins with a hyphen. */
export function speakers(text) {
  let rows = text.split("\n").filter((row) => row.trim());
  if (rows.length === 1 && SPEAKER_ROW.test(rows[0].trimStart())) rows = rows[0].split(SECOND_SPEAKER);
  if (rows.length < 2 || !SPEAKER_ROW.test(rows[0].trimStart())) return [text];
  const out = [];
  for (const row of rows) {
    if (SPEAKER_ROW.test(row.trimStart()) || !out.length) out.push(row);
    else out[out.length - 1] += ` ${row}`;
  }
  return out.length > 1 ? out : [text];
}

// --- within ---------------------------------------------------------------------------------

function lookup(ranges) {
  const known = new Map();
  return (code) => {
    let width = known.get(code);
    if (width !== undefined) return width;
    let low = 0, high = ranges.length - 1;
    width = 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last, value] = ranges[middle];
      if (code < first) high = middle - 1;
      else if (code > last) low = middle + 1;
      else { width = value; break; }
    }
    known.set(code, width);
    return width;
  };
}

function one(glue) {
  if (glue.includes("\u3000")) return "\u3000";
  return glue.replaceAll("\u200b", "") ? " " : glue.slice(0, 1);
}

/** Phrases where the language has no spaces, and a word wider than a row in bits that are not. */
function finer(piece, width, cpl, language) {
  let parts = [piece.word];
  if (language && piece.word.length > 1) parts = [...new Intl.Segmenter(language, { granularity: "word" }).segment(piece.word)].map((s) => s.segment);
  parts = parts.flatMap((part) => {
    if (width(part) <= cpl) return [part];
    const bits = [];
    let bit = "";
    for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(part)) {
      if (bit && width(bit + segment) > cpl) { bits.push(bit); bit = ""; }
      bit += segment;
    }
    return [...bits, bit];
  });
  return parts.map((word, n) => ({ word, glue: n ? "" : piece.glue }));
}

const span = (p, from, to) => p[to - 1].end - p[from].end + p[from].width;

/** Word indices where rows begin, and the end: the fewest rows, and of these the most even that break by sense. */
function breaks(p, cpl) {
  const n = p.length;
  let rows = 1;
  for (let i = 0, first = 0; i < n; i++) if (i > first && span(p, first, i + 1) > cpl + EPS) { rows += 1; first = i; }
  if (rows === 1) return [0, n];
  const target = p[n - 1].end / rows;
  const best = Array.from({ length: rows + 1 }, () => new Array(n + 1).fill(Infinity));
  const came = Array.from({ length: rows + 1 }, () => new Array(n + 1).fill(0));
  best[0][0] = 0;
  for (let r = 1; r <= rows; r++) {
    for (let i = 0; i < n; i++) {
      if (best[r - 1][i] === Infinity) continue;
      for (let j = i + 1; j <= n; j++) {
        const w = span(p, i, j);
        if (w > cpl + EPS && j > i + 1) break;
        const off = (w - target) / cpl;
        const cost = best[r - 1][i] + 20 * off * off + (j < n ? seam(p[j - 1].word) : 0);
        if (cost < best[r][j]) { best[r][j] = cost; came[r][j] = i; }
      }
    }
  }
  const marks = [n];
  for (let r = rows, at = n; r > 0; r--) { at = came[r][at]; marks.unshift(at); }
  return marks;
}

const seam = (word) => (/[.!?…。！？؟।:;：；]["'”’»」』)]*$/u.test(word) ? 0 : /[,،、，—–]["'”’»」』)]*$/u.test(word) ? 1.5 : 6);
