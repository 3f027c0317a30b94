"use strict";
// A link that is shown once can be copied with one press; without script it is selected by hand.
(() => {
  for (const field of document.querySelectorAll("[data-copy]")) {
    field.addEventListener("focus", () => field.select());
    if (!navigator.clipboard) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "kern-btn kern-btn--secondary";
    const label = document.createElement("span");
    label.className = "kern-label";
    label.textContent = field.dataset.copy;
    button.append(label);
    const said = document.createElement("p");
    said.className = "kern-body";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      said.textContent = field.dataset.copied;
    });
    field.closest(".fw-form").append(button, said);
  }
})();
