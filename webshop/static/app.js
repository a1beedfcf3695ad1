"use strict";
// What htmx leaves to do: a dialog that was loaded becomes a modal, and closes without a trip to the server.
(() => {
  const show = (root) => {
    const dialog = root.querySelector("#dialog > dialog");
    if (!dialog || dialog.matches(":modal")) return;
    // Not close(): its event would come after showModal() and clear the dialog away.
    dialog.open = false;
    dialog.showModal();
  };
  const clear = () => document.querySelector("#dialog")?.replaceChildren();

  // What asks for news by itself only does so while somebody looks.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-while-seen]")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", () => show(document));
  document.addEventListener("close-dialog", clear);
  document.addEventListener("close", (event) => { if (event.target.matches("#dialog > dialog")) clear(); }, true);
  document.addEventListener("click", (event) => {
    const close = event.target.closest("#dialog :is(.dialog-close, .dialog-cancel)");
    if (!close) return;
    event.preventDefault();
    close.closest("dialog").close();
  });
})();
