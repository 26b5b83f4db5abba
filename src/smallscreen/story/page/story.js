// The picture of the series. It reads what the page holds and writes only text and attributes.
(() => {
  const $ = (id) => document.getElementById(id);
  // Point at the picture to read the line under the pointer.
  const picture = $("picture"), readout = $("readout"), cursor = $("cursor");
  const lines = JSON.parse($("lines").textContent);
  if (!picture || lines.length < 2) return;
  const bold = (text) => { const b = document.createElement("b"); b.textContent = text; return b; };
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const [episode, at, who, text, g, r] = lines[Math.round(part * (lines.length - 1))];
    cursor.setAttribute("x1", part * 1200);
    cursor.setAttribute("x2", part * 1200);
    cursor.style.visibility = "visible";
    readout.replaceChildren(`Episode ${episode}, ${at}  `, bold(`${who ? who + ": " : ""}${text}`), `  gratification ${g} %, resonance ${r} %`);
  });
  picture.addEventListener("pointerleave", () => { cursor.style.visibility = "hidden"; });
})();
