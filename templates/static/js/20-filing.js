"use strict";
// Filing: search as one types, what the server understands, rows added in place, a draft that saves itself.
(() => {
  // The list of forms narrows while one types.
  const search = document.querySelector("form[data-filter]");
  if (search) {
    const input = search.querySelector("input[type=search]");
    const items = [...document.getElementById(search.dataset.filter).children];
    const none = document.querySelector("[data-filter-none]");
    const whole = !document.querySelector(".fw-more") && !input.value;
    if (whole) {
      input.addEventListener("input", () => {
        const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        let shown = 0;
        for (const item of items) {
          const text = item.dataset.words.toLowerCase();
          item.hidden = !words.every((w) => text.includes(w));
          if (!item.hidden) shown++;
        }
        none.textContent = shown ? "" : search.dataset.none;
      });
      search.addEventListener("submit", (e) => {
        const left = items.filter((i) => !i.hidden);
        if (left.length !== 1) return;
        e.preventDefault();
        left[0].querySelector("a").click();
      });
    }
    input.focus();
  }

  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const state = () => new URLSearchParams([...new FormData(form)].filter(([n]) => !n.startsWith("geheim") && n !== "key")).toString();

  // A row says that it differs from what stood there.
  const mark = (row) => {
    const changed = [...row.querySelectorAll("input:not([type=hidden]),textarea,select")].some((i) =>
      i.type === "checkbox" || i.type === "radio" ? i.checked !== i.defaultChecked
        : i.tagName === "SELECT" ? [...i.options].some((o) => o.selected !== o.defaultSelected) : i.value !== i.defaultValue);
    row.classList.toggle("fw-field--changed", changed);
  };
  form.addEventListener("input", (e) => {
    const row = e.target.closest(".fw-field");
    if (row) mark(row);
  });

  // What the server understands, when one leaves an input.
  const asked = new Map();
  const ask = async (input) => {
    const line = document.getElementById(input.id + "-hinweis");
    if (!line || asked.get(input.id) === input.value) return;
    asked.set(input.id, input.value);
    line.className = "fw-say";
    line.textContent = "";
    if (input.value === input.defaultValue || input.value.length > 2000) return;
    try {
      const q = new URLSearchParams({ form: form.dataset.form, feld: input.dataset.hint, wert: input.value });
      const res = await fetch("/auftraege/hinweis?" + q, { headers: { Accept: "application/json" } });
      if (!res.ok || asked.get(input.id) !== input.value) return;
      const say = await res.json();
      line.className = "fw-say" + (say.problem ? " fw-say--problem" : say.hint ? " fw-say--hint" : "");
      line.textContent = say.problem || [say.understood, say.hint].filter(Boolean).join(". ");
    } catch { /* without the network there is no hint; the check page has it */ }
  };
  form.addEventListener("focusout", (e) => { if (e.target.dataset && e.target.dataset.hint) ask(e.target); });

  // Another row in place.
  form.addEventListener("click", (e) => {
    const button = e.target.closest("[data-add-row]");
    if (!button) return;
    e.preventDefault();
    const body = document.querySelector(`[data-table="${CSS.escape(button.dataset.addRow)}"] tbody`);
    const n = body.rows.length;
    const row = body.rows[n - 1].cloneNode(true);
    const next = (s) => s && s.replace(new RegExp(`\\b${n}\\b(?!.*\\b${n}\\b)`), n + 1);
    for (const input of row.querySelectorAll("input,select")) {
      if (input.type === "checkbox") {
        input.checked = false;
        input.value = n;
        const label = row.querySelector(`label[for="${CSS.escape(input.id)}"]`);
        input.id = input.id.replace(/-\d+$/, "-" + (n + 1));
        label.htmlFor = input.id;
        label.firstElementChild.textContent = next(label.firstElementChild.textContent);
        continue;
      }
      if (input.tagName === "SELECT") input.selectedIndex = 0; else input.value = "";
      input.id = input.id.replace(`.${n - 1}.`, `.${n}.`);
      input.setAttribute("aria-label", next(input.getAttribute("aria-label")));
    }
    body.append(row);
    row.querySelector("input,select").focus();
  });

  // A draft saves itself: some seconds after the last keystroke, and when one leaves.
  const line = form.querySelector("[data-saved]");
  let before = state(), timer = 0, sent = false, running = null;
  const body = () => { const b = new URLSearchParams(state()); b.set("seite", form.dataset.page); return b; };
  const save = async () => {
    clearTimeout(timer);
    const now = state();
    if (sent || now === before) return;
    before = now;
    running = new AbortController();
    try {
      const res = await fetch(form.dataset.autosave, { method: "POST", body: body(), signal: running.signal, headers: { Accept: "application/json" } });
      if (!res.ok) throw new Error(String(res.status));
      line.textContent = (await res.json()).text;
    } catch {
      if (!sent) { line.textContent = form.dataset.offline; before = ""; }
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 2500); });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(save, 400); });
  addEventListener("pagehide", () => { if (!sent && state() !== before) navigator.sendBeacon(form.dataset.autosave, body()); });
  form.addEventListener("submit", (e) => {
    if (sent) { e.preventDefault(); return; }
    sent = true;
    clearTimeout(timer);
    if (running) running.abort();
    setTimeout(() => { sent = false; }, 4000);
  });
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
})();
