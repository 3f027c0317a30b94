"use strict";
// The queue with the keyboard: moving, selecting, finding; all can be switched off.
(() => {
  const table = document.querySelector(".fw-q");
  const open = document.querySelector("[data-keys-open]");
  if (!open) return;
  const dialog = document.getElementById("tastatur");
  const toggle = dialog.querySelector("[data-keys-on]");
  const remembered = "fw-tasten";
  let on = true;
  try { on = localStorage.getItem(remembered) !== "aus"; } catch { /* not kept */ }
  toggle.checked = on;
  toggle.addEventListener("change", () => {
    on = toggle.checked;
    try { localStorage.setItem(remembered, on ? "an" : "aus"); } catch { /* not kept */ }
  });
  open.hidden = false;
  open.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());

  const links = table ? [...table.querySelectorAll("tbody .fw-q__nr a")] : [];
  const boxes = table ? [...table.querySelectorAll("tbody input[type=checkbox]")] : [];
  const here = () => links.findIndex((a) => a.closest("tr").contains(document.activeElement));
  const go = (step) => {
    const at = here();
    const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
    if (next) next.focus();
  };
  const counted = document.querySelector("[data-picked]");
  const count = () => { if (counted) counted.textContent = String(boxes.filter((b) => b.checked).length); };
  const select = () => {
    const row = links[here()];
    const box = row && row.closest("tr").querySelector("input[type=checkbox]");
    if (box) { box.checked = !box.checked; count(); }
  };
  const keys = {
    j: () => go(1), k: () => go(-1), x: select,
    "/": () => document.getElementById("q").focus(),
    c: () => { const b = document.getElementById("uebernehmen"); if (b) b.focus(); },
    "?": () => dialog.showModal(),
  };
  document.addEventListener("keydown", (e) => {
    if (!on || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || dialog.open) return;
    if (e.target.closest("input:not([type=checkbox]),select,textarea,[contenteditable]")) return;
    const what = keys[e.key];
    if (!what) return;
    e.preventDefault();
    what();
  });

  if (boxes.length === 0) return;
  const corner = table.querySelector("[data-all]");
  const label = document.createElement("label");
  const all = document.createElement("input");
  const words = document.createElement("span");
  all.type = "checkbox";
  words.className = "kern-sr-only";
  words.textContent = corner.dataset.all;
  label.append(all, words);
  corner.append(label);
  all.addEventListener("change", () => { for (const b of boxes) b.checked = all.checked; count(); });
  table.addEventListener("change", count);
  count();
})();

// Who else looks at this request: asked for while somebody is really there,
// so that a forgotten window neither counts as looking nor keeps a session alive.
(() => {
  const line = document.querySelector("[data-presence]");
  if (!line) return;
  const every = 20000, awake = 300000;
  let last = Date.now();
  for (const what of ["pointermove", "keydown", "scroll", "focus"]) {
    window.addEventListener(what, () => { last = Date.now(); }, { passive: true });
  }
  const timer = setInterval(async () => {
    if (document.visibilityState !== "visible" || Date.now() - last > awake) return;
    try {
      const answer = await fetch(line.dataset.presence, { method: "POST", headers: { "X-CSRF-Token": line.dataset.csrf, Accept: "application/json" } });
      if (!answer.ok) { clearInterval(timer); line.textContent = ""; return; }
      const { text } = await answer.json();
      if (line.textContent !== text) line.textContent = text;
    } catch { /* no network: the next time tells */ }
  }, every);
})();
