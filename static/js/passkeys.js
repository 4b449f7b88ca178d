// Passkeys. A form with data-passkey asks the browser for one before it is sent, with what it was
// given in #js_data, or, at the entrance, with what it fetches from where it is sent to.
(() => {
  if (!window.PublicKeyCredential || !window.webauthnJSON) return;
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  const waiting = new AbortController(); // for a passkey to be chosen in the entrance's field
  let offering;

  const given = () => JSON.parse(document.getElementById("js_data").textContent);

  const fetched = async (form) => {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const create = ({ creation_options: options }) => {
    const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
    Object.assign(options.publicKey.authenticatorSelection, wanted);
    return webauthnJSON.create(options);
  };

  const get = ({ request_options: options }, more) => webauthnJSON.get({ ...options, ...more });

  const send = (form, credential) => {
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  };

  const ask = async (form) => {
    waiting.abort();
    await offering; // the server knows one challenge for each browser: the last it gave
    const kind = form.dataset.passkey;
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      const options = kind === "login" ? await fetched(form) : given();
      send(form, await (kind === "create" ? create(options) : get(options)));
    } catch {
      failed.hidden = false; // most often they changed their mind
    }
  };

  // Browsers that can offer passkeys where the address is typed in, as they offer addresses.
  const offer = async (form) => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    try {
      const options = await fetched(form);
      waiting.signal.throwIfAborted();
      send(form, await get(options, { mediation: "conditional", signal: waiting.signal }));
    } catch {
      // Nobody asked for it, so nobody is told.
    }
  };

  for (const form of forms) {
    form.hidden = false;
    for (const other of document.querySelectorAll("[data-with-passkeys]")) other.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
    if (form.dataset.passkey === "login") offering = offer(form);
  }
})();
