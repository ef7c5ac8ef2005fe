// Runs before the first paint (classic script in the head), so that no page flashes in the wrong colours.
(() => {
  const root = document.documentElement;
  const read = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else if (root.dataset.theme && !root.dataset.fixedTheme) delete root.dataset.theme;
  };
  root.dataset.js = "";
  if (root.dataset.theme) root.dataset.fixedTheme = root.dataset.theme;
  apply(read());
  const mark = () => {
    const choice = read() ?? root.dataset.fixedTheme ?? "auto";
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  };
  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const choice = button.dataset.themeChoice;
    delete root.dataset.fixedTheme;
    try { if (choice === "auto") localStorage.removeItem("theme"); else localStorage.setItem("theme", choice); } catch { /* private mode: this page only */ }
    apply(choice);
    mark();
  });
})();
