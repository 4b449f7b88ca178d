// What htmx leaves to the page. Each pair of events is that of htmx 2 and that of htmx 4.
(() => {
  const toasts = document.getElementById("toasts");
  const on = (names, act) => names.split(" ").forEach((name) => addEventListener(name, act));
  const asker = ({ detail, target }) => detail.ctx?.sourceElement ?? detail.elt ?? target;
  const header = ({ ctx, xhr }, name) =>
    ctx?.response?.headers.get(name) ?? xhr?.getResponseHeader(name);

  on("htmx:beforeRequest htmx:before:request", (event) => {
    const element = asker(event);
    const isPage = element.getAttribute("hx-target") === "#stage" && element.href;
    if (element.matches("[data-poll]") && (document.hidden || Date.now() < element.notBefore)) {
      event.preventDefault(); // asked again as soon as somebody looks, or the shop is less busy
    } else if (isPage && !document.getElementById("cart")) {
      event.preventDefault(); // account pages have no cart for the next stage to stand beside
      location.assign(element.href);
    } else {
      // Not `disabled`, which would throw the keyboard's focus away.
      for (const button of element.querySelectorAll("button:not([aria-disabled])")) {
        button.ariaDisabled = "true";
        button.dataset.busy = "";
      }
    }
  });

  on("htmx:afterRequest htmx:finally:request", (event) => {
    const seconds = asker(event).matches("[data-poll]") && header(event.detail, "Retry-After");
    if (seconds) asker(event).notBefore = Date.now() + seconds * 1000;
    for (const button of asker(event).querySelectorAll("[data-busy]")) {
      button.removeAttribute("aria-disabled");
      delete button.dataset.busy;
    }
  });

  // A new stage is seen from its top (htmx 4 knows no `show:window:top`), and takes the focus if the
  // link that asked for it went away with the old one.
  // So does the catalog's shelf after a choice, which stays where it is.
  on("htmx:afterSwap htmx:after:swap", ({ detail }) => {
    const { id } = detail.target ?? detail.ctx?.target ?? {};
    if (id !== "stage" && id !== "results") return;
    if (id === "stage") scrollTo(0, 0);
    const isLost = document.activeElement === document.body;
    if (isLost) document.getElementById(id)?.focus({ preventScroll: true });
  });

  // Another tab may have chosen another language: then all of the page changes, not a part of it.
  on("htmx:afterSettle htmx:finally:request", (event) => {
    const { ctx, target } = event.detail;
    if (!(target ?? ctx?.target)?.matches?.("#stage, #cart, #order")) return;
    const spoken = header(event.detail, "Content-Language");
    if (spoken && spoken !== document.documentElement.lang) location.reload();
  });

  // What few pages need is fetched when one of them comes.
  const equip = () => {
    for (const part of document.querySelectorAll("[data-module]")) {
      import(part.dataset.module).then(({ default: start }) => start(part));
    }
  };
  equip();
  on("htmx:afterSwap htmx:after:swap", equip);

  on("visibilitychange online", () => {
    if (document.hidden) return;
    for (const poll of document.querySelectorAll("[data-poll]")) {
      delete poll.notBefore;
      poll.dispatchEvent(new Event("poll-now"));
    }
  });

  // What the browser kept while the shopper was at the gateway shows an old cart and busy buttons.
  on("pageshow", (event) => event.persisted && location.reload());

  on("htmx:responseError htmx:sendError htmx:timeout htmx:response:error htmx:error", (event) => {
    const { ctx, errorInfo, xhr } = event.detail;
    const status = ctx?.response?.status ?? xhr?.status;
    const isOurs = (ctx || xhr) && !errorInfo; // htmx 2 reports each error a second time
    if (!isOurs || status === 422 || asker(event).matches("[data-poll]")) return;
    const type = header(event.detail, "Content-Type");
    const text = type?.startsWith("text/plain") && (ctx?.text ?? xhr.responseText);
    const toast = document.getElementById("failure").content.cloneNode(true);
    const words = toast.querySelector("p");
    words.textContent = asker(event).dataset.failure || text || words.textContent;
    toasts.querySelector("[data-failure]")?.remove();
    toast.firstElementChild.dataset.failure = "";
    toasts.append(toast);
  });

  // Good news leaves after six seconds, unless somebody is at it. Errors stay until they are closed.
  const leave = (toast) => {
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, 6000, toast);
    else toast.remove();
  };
  const receive = (toast) => {
    if (toast.matches?.(".toast:not(.toast-error)")) setTimeout(leave, 6000, toast);
  };
  [...toasts.children].forEach(receive);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(receive);
  }).observe(toasts, { childList: true });
  on("click", ({ target }) => target.closest?.("[data-close]")?.closest(".toast").remove());
})();
