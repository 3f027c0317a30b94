"use strict";
// Passkeys are something only a browser's script can use. The server says what
// is to be signed; the answer goes back in the form that the button stands in.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

  const ask = async (box, form) => {
    const answer = await fetch(box.dataset.ask, { method: "POST", headers: { "X-CSRF-Token": form.elements.csrf.value, Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).publicKey;
  };
  const make = async (o) => {
    const publicKey = { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) };
    const made = await navigator.credentials.create({ publicKey });
    return { made, response: { attestationObject: text(made.response.attestationObject), transports: made.response.getTransports ? made.response.getTransports() : [] } };
  };
  const use = async (o) => {
    const publicKey = { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) };
    const made = await navigator.credentials.get({ publicKey });
    const r = made.response;
    return { made, response: { authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle && r.userHandle.byteLength ? text(r.userHandle) : undefined } };
  };
  const written = ({ made, response }) => JSON.stringify({
    id: made.id, rawId: text(made.rawId), type: made.type, authenticatorAttachment: made.authenticatorAttachment || undefined,
    clientExtensionResults: made.getClientExtensionResults(), response: { clientDataJSON: text(made.response.clientDataJSON), ...response },
  });

  for (const box of document.querySelectorAll("[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    const form = box.closest("form"), button = box.querySelector("[data-passkey-do]"), error = box.querySelector("[data-passkey-error]");
    box.querySelector("[data-passkey-without]").hidden = true;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      error.hidden = true;
      let options;
      try {
        options = await ask(box, form);
        box.querySelector("input[type=hidden]").value = written(await (box.dataset.passkey === "new" ? make : use)(options));
        form.submit();
      } catch {
        error.textContent = options ? box.dataset.late : box.dataset.failed;
        error.hidden = false;
        button.disabled = false;
      }
    });
  }

  // A code counts once: a second click on its button would be refused.
  for (const form of document.querySelectorAll("form[data-once]")) {
    let sent = false;
    form.addEventListener("submit", (e) => {
      if (sent) e.preventDefault();
      sent = true;
    });
    window.addEventListener("pageshow", () => { sent = false; });
  }
})();
