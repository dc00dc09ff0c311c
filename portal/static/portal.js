// What the pages can do better with a script. Without it everything works
// but passkeys, which browsers offer to scripts only.
"use strict";

// A form is sent once. The server knows a second submit by its number; this
// spares the wait.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
});
// Somebody who comes back to a page that the browser kept may send it again,
// unless they have left the account meanwhile: so it is asked for anew.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// What is wrong is read out first.
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.textContent = shown ? show : button.dataset.hide;
    field.focus();
  });
}

// A narrower scope is not needed beside the whole one.
for (const set of document.querySelectorAll("fieldset:has([data-under])")) {
  const groups = [];
  for (const box of set.querySelectorAll("input")) {
    if ("under" in box.dataset) groups.at(-1)?.parts.push(box);
    else groups.push({ whole: box, parts: [] });
  }
  for (const { whole, parts } of groups) {
    whole.addEventListener("change", () => { if (whole.checked) for (const part of parts) part.checked = false; });
    for (const part of parts) part.addEventListener("change", () => { if (part.checked) whole.checked = false; });
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A page of a person who went away is left before the session ends, so that
// nobody reads on. What happens in another tab of the portal counts too.
const idle = Number(document.body.dataset.idle);
if (idle) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("seen") : null;
  let until = 0;
  const seen = () => { until = Date.now() + idle * 1000; };
  seen();
  channel?.postMessage("seen");
  channel?.addEventListener("message", seen);
  setInterval(() => { if (Date.now() > until) location.replace("/login?left=idle"); }, 5000);
}

// Passkeys (w3.org/TR/webauthn-3). The page brings what the authenticator is
// asked; what it answers goes back in the form like everything else.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function question(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.allowCredentials, options.excludeCredentials]) {
    for (const credential of list ?? []) credential.id = bytes(credential.id);
  }
  return options;
}

function answer(credential) {
  const r = credential.response;
  const response = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    if (r.userHandle) response.userHandle = text(r.userHandle);
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

const able = Boolean(window.PublicKeyCredential);
if (able) for (const part of document.querySelectorAll("[data-with-passkey]")) part.hidden = false;
for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  let asking = false;
  form.addEventListener("submit", async (event) => {
    const field = form.elements.namedItem("credential");
    if (field.value) return;
    event.preventDefault();
    event.stopPropagation();
    if (asking) return;
    asking = true;
    form.querySelector("[data-passkey-failed]")?.remove();
    try {
      const options = JSON.parse(form.dataset.options);
      const asked = { publicKey: question(options.publicKey ?? options) };
      const made = form.dataset.passkey === "create" ? await navigator.credentials.create(asked) : await navigator.credentials.get(asked);
      field.value = answer(made);
      form.requestSubmit();
    } catch {
      const said = document.createElement("p");
      said.className = "fault";
      said.setAttribute("role", "alert");
      said.dataset.passkeyFailed = "yes";
      said.textContent = form.dataset.failed;
      form.prepend(said);
    }
    asking = false;
  });
  form.requestSubmit(); // at once; the button is for another try
}
