// The dialog that chooses a stored file or folder: what is chosen goes into the field that asked.
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choose]");
  if (!choice) return;
  const field = document.getElementById(choice.dataset.field);
  choice.closest("dialog")?.close();
  if (!field) return;
  field.value = choice.dataset.choose;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});
