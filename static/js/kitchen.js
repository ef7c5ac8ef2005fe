// The wall screen: stays awake, rings on news, says when it has not heard from the shop.
const board = document.querySelector("[data-stale]");
const banner = document.getElementById("stale");
const soundButton = document.querySelector("[data-sound]");
const limit = Number(board.dataset.stale) * 1000;
let heard = Date.now();
let sound;

const lastHeard = () => {
  const silent = Date.now() - heard;
  banner.hidden = silent < limit;
  banner.querySelector("[data-ago]").textContent = `${Math.round(silent / 1000)} s`;
};
setInterval(lastHeard, 1000);
document.addEventListener("htmx:afterRequest", (event) => {
  const { status } = event.detail.xhr;
  if (status === 304 || (status >= 200 && status < 300)) { heard = Date.now(); lastHeard(); }
});

// Only a board may take the board's place: an error would end the asking for good.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id === "kitchen-board" && !detail.serverResponse.includes('id="kitchen-board"')) detail.shouldSwap = false;
});

// The all-day totals stay as somebody left them, whatever the board brings; on a phone they start folded.
let folded = matchMedia("(width < 44rem)").matches || undefined;
const fold = () => {
  const totals = document.querySelector(".totals-fold");
  if (totals && folded !== undefined) totals.open = !folded;
};
fold();
document.addEventListener("htmx:afterSwap", fold);
document.addEventListener("click", (event) => {
  const totals = event.target.closest(".totals-fold > summary")?.parentElement;
  if (totals) folded = totals.open;
});

// Two warm notes; rung when the set of tickets (id and version) has something it did not have before.
const ring = () => {
  if (!sound) return;
  for (const [at, pitch] of [[0, 660], [0.18, 880]]) {
    const note = new OscillatorNode(sound, { frequency: pitch, type: "triangle" });
    const volume = new GainNode(sound, { gain: 0 });
    const start = sound.currentTime + at;
    volume.gain.setValueAtTime(0.4, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.7);
    note.connect(volume).connect(sound.destination);
    note.start(start);
    note.stop(start + 0.7);
  }
};
const tickets = () => new Set([...document.querySelectorAll("[data-ticket]")].map((card) => card.dataset.ticket));
let known = tickets();
document.addEventListener("htmx:afterSettle", () => {
  const now = tickets();
  const news = [...now].filter((ticket) => !known.has(ticket));
  for (const ticket of news) document.querySelector(`[data-ticket="${CSS.escape(ticket)}"]`)?.classList.add("is-new");
  if (news.length) ring();
  known = now;
});

soundButton?.addEventListener("click", async () => {
  if (sound) { await sound.close(); sound = undefined; } else { sound = new AudioContext(); ring(); }
  soundButton.setAttribute("aria-pressed", String(Boolean(sound)));
});

const stayAwake = async () => {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => {});
};
document.addEventListener("visibilitychange", stayAwake);
stayAwake();

const clock = document.querySelector("[data-clock]");
const format = clock && new Intl.DateTimeFormat("en-AU", { hour: "numeric", minute: "2-digit", timeZone: clock.dataset.clock });
const tell = () => { if (clock) clock.textContent = format.format(new Date()); };
setInterval(tell, 5000);
tell();
