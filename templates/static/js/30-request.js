"use strict";
// The page of the file prints itself; without a script the browser's own menu does.
(() => {
  for (const button of document.querySelectorAll(".fw-print")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
