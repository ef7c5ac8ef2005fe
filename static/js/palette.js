// The command palette (Ctrl-K): the page's own links filtered at once, orders looked up on the server by htmx.
const palette = document.getElementById("palette");
const input = palette.querySelector("input");
const options = () => [...palette.querySelectorAll("[role='option']:not([hidden])")];
let chosen = 0;

const mark = () => {
  const list = options();
  chosen = list.length ? (chosen + list.length) % list.length : 0;
  for (const option of palette.querySelectorAll("[role='option']")) option.setAttribute("aria-selected", "false");
  const option = list[chosen];
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id); else input.removeAttribute("aria-activedescendant");
};
const filter = () => {
  const words = input.value.trim().toLowerCase().split(/\s+/);
  for (const option of palette.querySelectorAll("#palette-links [role='option']")) {
    const text = option.textContent.toLowerCase();
    option.hidden = !words.every((word) => text.includes(word));
  }
  chosen = 0;
  mark();
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (palette.open) palette.close(); else { palette.showModal(); input.select(); filter(); }
  }
  if (event.key === "/" && !event.target.matches("input, textarea, select")) {
    const search = document.querySelector("[data-page-search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});
input.addEventListener("input", filter);
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); chosen += event.key === "ArrowDown" ? 1 : -1; mark(); }
  if (event.key === "Enter") { event.preventDefault(); options()[chosen]?.click(); }
});
palette.addEventListener("htmx:afterSwap", mark);
