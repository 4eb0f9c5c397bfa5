/* What others did arrives by itself: one stream a page; each changed part is asked for anew, and marked. */
"use strict";
document.addEventListener("htmx:beforeSwap", (event) => {
  // A page that was refused, or a session that is over, must not stand inside a part of another page.
  if (event.detail.xhr.status === 401) { event.detail.shouldSwap = false; window.location.reload(); }
});
document.addEventListener("htmx:afterSwap", (event) => {
  const live = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
  if (live && String(live.type).startsWith("sse:")) event.detail.target.classList.add("new-mark");
  document.dispatchEvent(new CustomEvent("galu:shown", { detail: event.detail.target }));
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sends-itself]");
  if (form) form.requestSubmit();
});
