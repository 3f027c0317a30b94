"use strict";
// After an error the summary has the focus: a screen reader begins there.
(() => {
  const focus = document.querySelector("[data-focus]");
  if (focus) {
    focus.focus();
    // Back to this page asks for it anew, instead of asking whether to send once more what was refused.
    history.replaceState(history.state, "", location.href);
  }
  for (const link of document.querySelectorAll(".fw-problems a[href^='#']")) {
    link.addEventListener("click", (e) => {
      const field = document.getElementById(link.getAttribute("href").slice(1));
      if (!field) return;
      e.preventDefault();
      field.scrollIntoView({ block: "center" });
      const first = field.matches("input,select,textarea,button") ? field : field.querySelector("input:not([type=hidden]),select,textarea");
      (first || field).focus();
    });
  }
})();
