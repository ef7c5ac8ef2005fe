// What happens around an answer: form token out, toasts in, focus where the news is.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name='csrf-token']")?.content;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});

// What asks by itself says what it has already: an answer of 304 costs little and swaps nothing.
const known = new Map();
const polls = (element) => element.getAttribute("hx-trigger")?.startsWith("every");
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (polls(detail.elt) && known.has(detail.path)) detail.headers["If-None-Match"] ??= known.get(detail.path);
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  // A tap has changed the screen by itself: what was known is not what is shown.
  if (detail.requestConfig.verb !== "get") known.clear();
  const tag = detail.xhr.getResponseHeader("ETag");
  if (tag && polls(detail.requestConfig.elt)) known.set(detail.pathInfo.requestPath, tag);
});

// A live region that is itself swapped stays silent: its words are said by one that stays.
const announce = (part) => {
  const news = part.matches("[role='status']") ? part : part.querySelector("[role='status']");
  if (news) document.getElementById("announcer").textContent = news.textContent.trim();
};

// After a swap: an error summary, the first wrong field, or whatever asks for it by data-focus.
document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  if (!part?.querySelector) return;
  announce(part);
  const wanted = part.matches("[data-focus]") ? part : part.querySelector("[data-focus], [aria-invalid='true']");
  wanted?.focus({ preventScroll: false });
});

// A field whose sentence comes or goes by itself is called wrong, or wrong no more.
document.addEventListener("htmx:oobAfterSwap", ({ target }) => document.querySelector(`:is(input, select, textarea)[aria-describedby~='${target.id}']`)?.setAttribute("aria-invalid", Boolean(target.textContent.trim())));

const leave = (toast) => {
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 260);
};
const region = document.getElementById("toasts");
const say = (text) => {
  const toast = document.createElement("div");
  toast.className = "toast toast-danger";
  toast.dataset.toast = "";
  toast.textContent = text;
  region.append(toast);
};
document.addEventListener("click", (event) => {
  const toast = event.target.closest("[data-dismiss]")?.closest("[data-toast]");
  if (toast) leave(toast);
});
// A toast stays while it is pointed at or holds the focus; one with something to do (undo) stays longer.
const expire = (toast) => {
  if (!(toast instanceof Element)) return;
  const seconds = toast.querySelector("a, form, button:not([data-dismiss])") ? 12 : 6;
  const tick = () => (toast.matches(":hover, :focus-within") ? setTimeout(tick, 2000) : leave(toast));
  setTimeout(tick, seconds * 1000);
};
[...region.children].forEach(expire);
new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(expire))).observe(region, { childList: true });

// An upload on its way: the real share, in the field's own bar.
document.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  const bar = target.closest?.(".field")?.querySelector("[data-upload]");
  if (bar && detail.lengthComputable) bar.value = (100 * detail.loaded) / detail.total;
});

document.addEventListener("htmx:sendError", () => {
  if (!document.querySelector("[data-stale]")) say("We could not reach the bakery. Check your connection and try again.");
});
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status >= 500 && status !== 503) say("Something went wrong on our side. Nothing was lost; please try again.");
});
