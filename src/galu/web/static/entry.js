/* Forms: what is typed is kept on the server as a draft, checked there, and never lost. */
"use strict";
(() => {
  let waiting = 0;
  const token = () => document.querySelector("meta[name=csrf]").content;

  async function keep(form) {
    const said = form.querySelector("[data-draft-state]");
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-CSRF-Token": token() },
      });
      said.textContent = answer.ok ? said.dataset.kept : said.dataset.notKept;
    } catch { said.textContent = said.dataset.notKept; }
  }

  document.addEventListener("submit", () => { clearTimeout(waiting); });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form), 800);
    total(form);
  });

  /* The worksheet of a dose: net activity by decay to the time of the administration; the server computes it again. */
  function total(form) {
    const out = form.querySelector("[data-net]");
    if (!out) return;
    const half = Number(out.dataset.halfLifeH), read = (name) => form.elements[name] && form.elements[name].value.trim();
    const start = Date.parse(read("administration.on"));
    let net = 0, known = Number.isFinite(start) && half > 0;
    const parts = [["dispensed", 1], ...[...form.querySelectorAll("[data-residual]")].map((one) => [one.dataset.residual, -1])];
    for (const [name, sign] of parts) {
      const activity = read(name + ".activity_mbq"), at = Date.parse(read(name + ".on") || read("dispensed.on"));
      if (!activity) { known = known && sign < 0; continue; }
      known = known && Number.isFinite(Number(activity)) && Number.isFinite(at);
      net += sign * Number(activity) * Math.pow(2, -(start - at) / 3600000 / half);
    }
    out.textContent = known ? net.toFixed(net < 100 ? 1 : 0) + " MBq" : "?";
  }

  /* Enter goes to the next field, as on paper; Ctrl+Enter sends. */
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form.entry");
    if (!form || event.key !== "Enter" || event.target.matches("textarea, button, a, summary")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) { form.requestSubmit(); return; }
    const fields = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter((one) => !one.disabled);
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-draft]").forEach(total));
})();
