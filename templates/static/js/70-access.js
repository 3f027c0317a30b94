"use strict";
// Passwords can be shown while they are typed.
(() => {
  for (const field of document.querySelectorAll(".fw-access-secret")) {
    const input = field.querySelector("input");
    const button = document.createElement("button");
    const label = document.createElement("span");
    button.type = "button";
    button.className = "kern-btn kern-btn--tertiary fw-access-show";
    button.setAttribute("aria-controls", input.id);
    label.className = "kern-label";
    button.append(label);
    const show = (open) => {
      input.type = open ? "text" : "password";
      label.textContent = open ? field.dataset.hide : field.dataset.show;
    };
    button.addEventListener("click", () => show(input.type === "password"));
    input.form.addEventListener("submit", () => show(false));
    show(false);
    input.after(button);
  }
})();
