"use strict";
// Light or dark, and remembering which.
(() => {
  const root = document.documentElement, button = document.getElementById("theme");
  const remember = (value) => {
    try { if (value === undefined) return localStorage.getItem("smallscreen-theme"); localStorage.setItem("smallscreen-theme", value); } catch { return null; }
  };
  const stored = remember();
  if (stored === "dark" || stored === "light") root.dataset.theme = stored;
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember(root.dataset.theme);
  });
})();
