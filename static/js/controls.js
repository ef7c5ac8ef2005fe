// Small controls: quantity steppers, forms that send themselves, select-all, character counts.
const bound = (input) => {
  const box = input.closest("[data-quantity]");
  const value = Number(input.value);
  box.querySelector("[data-step='-1']").disabled = value <= Number(input.min);
  box.querySelector("[data-step='1']").disabled = value >= Number(input.max);
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const button = event.target.closest("[data-step]");
  if (!button) return;
  const input = button.closest("[data-quantity]").querySelector("input");
  if (button.dataset.step === "1") input.stepUp(); else input.stepDown();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

const graphemes = (text) => [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].length;

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.closest("[data-quantity]")) bound(field);
  // data-mirror="#preview": shows what is typed, e.g. the words on a cake.
  if (field.dataset.mirror) {
    const mirror = document.querySelector(field.dataset.mirror);
    mirror.textContent = field.value.trim() || mirror.dataset.empty || "";
  }
  // data-count="#left" with data-limit: how many characters are left, as people count them.
  if (field.dataset.count) {
    const left = Number(field.dataset.limit) - graphemes(field.value);
    const output = document.querySelector(field.dataset.count);
    output.textContent = left >= 0 ? `${left} left` : `${-left} too many`;
    output.classList.toggle("danger-text", left < 0);
  }
});

document.addEventListener("change", (event) => {
  const field = event.target;
  // A typed 0, 99 or nothing becomes a number that can be had, so that no field differs from its total.
  if (field.closest("[data-quantity]") && !field.checkValidity()) {
    field.value = Math.round(Math.min(Number(field.max), Math.max(Number(field.min), Number(field.value))));
    bound(field);
  }
  if (field.matches("[data-select-all]")) {
    for (const box of field.closest("form").querySelectorAll(`input[name='${field.dataset.selectAll}']`)) box.checked = field.checked;
  }
  const form = field.closest("form[data-autosubmit]");
  if (form && !form.hasAttribute("hx-get")) form.requestSubmit();
});
