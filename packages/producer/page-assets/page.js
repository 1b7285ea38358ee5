// Everything a page does after it is shown: times in the reader's zone, and fresh content while something runs.
// Pages work without it.

const { lang, dataset: page } = document.documentElement;
const short = new Intl.DateTimeFormat(page.locale ?? lang, { dateStyle: "medium", timeStyle: "short" });
const long = new Intl.DateTimeFormat(page.locale ?? lang, { dateStyle: "full", timeStyle: "long" });

/** The server writes UTC; a reader thinks in local time. */
function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    element.textContent = short.format(date);
    element.title = `${long.format(date)}\n${element.dateTime}`;
  }
}

/** What the server sent last for each part, to tell a change from what was only put into local time. */
const sent = new Map();
const parts = (root) => root.querySelectorAll("[data-live][id]");

/** A part that a person is using stays as it is. */
const isInUse = (part) =>
  part.contains(document.activeElement) || part.querySelector("details[open]") !== null;

function replaceParts(fresh) {
  for (const part of parts(fresh)) {
    const old = document.getElementById(part.id);
    const html = part.outerHTML;
    if (!old || sent.get(part.id) === html || isInUse(old)) continue;
    sent.set(part.id, html);
    const shown = document.importNode(part, true);
    localTimes(shown);
    old.replaceWith(shown);
  }
}

const lost = document.getElementById("lost");
let running = false;

async function refresh() {
  if (running || document.hidden) return;
  running = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    // The session is over: the door.
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    replaceParts(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (lost) lost.hidden = true;
  } catch {
    if (lost) lost.hidden = false;
  } finally {
    running = false;
  }
}

/** Refreshes at once when a job reports something; the timer goes on, for what the events do not cover. */
function followEvents(address) {
  const events = new EventSource(address);
  let isDue = false;
  const soon = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      refresh();
    }, 300);
  };
  for (const name of ["state", "end"]) events.addEventListener(name, soon);
  events.addEventListener("end", () => events.close());
  events.addEventListener("error", () => events.close());
}

for (const part of parts(document)) sent.set(part.id, part.outerHTML);
localTimes(document);

// On a phone the sections do not all fit beside each other.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const { live, events } = document.body.dataset;
if (live) {
  setInterval(refresh, Number(live) * 1000);
  document.addEventListener("visibilitychange", refresh);
}
if (events) followEvents(events);

// One question at a time; a click elsewhere or Escape takes it back.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.ask[open]"))
    if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.ask[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
for (const choice of document.querySelectorAll("select[data-submit]"))
  choice.addEventListener("change", () => choice.form.requestSubmit());
