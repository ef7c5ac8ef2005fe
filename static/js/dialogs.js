// Dialogs and drawers: opened by data-opens="id", or by htmx putting something into them.
// The toasts come along: what stands outside an open dialog can be neither seen nor used.
const toasts = document.getElementById("toasts");
const open = (dialog) => {
  if (!dialog || dialog.open) return;
  dialog.append(toasts);
  dialog.showModal();
};
document.addEventListener("close", (event) => { if (event.target.contains(toasts)) document.body.append(toasts); }, true);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener && !event.ctrlKey && !event.metaKey) {
    if (!opener.hasAttribute("hx-get")) event.preventDefault();
    open(document.getElementById(opener.dataset.opens));
    return;
  }
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  if (event.target.closest("[data-closes]")) { event.preventDefault(); dialog.close(); return; }
  if (event.target !== dialog) return;
  const box = dialog.getBoundingClientRect();
  const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  if (outside) dialog.close();
});

document.addEventListener("htmx:afterSwap", (event) => open(event.detail.target?.closest?.("dialog")));
