// Chainlit's settings hold only once "Confirm" is pressed, and every other way out takes them back.
// Here each change holds at once (the server hears of every edit), and every way out keeps it.

const confirmButton = () => document.getElementById("confirm-sidebar");

/** Whether an event would close the settings in a way that takes the changes back. */
function leaves(event) {
  if (event.type === "keydown") return event.key === "Escape";
  const panel = confirmButton().closest('[role="dialog"], aside');
  const button = event.target.closest?.("button");
  if (panel && !panel.contains(event.target)) return panel.matches('[role="dialog"]');
  return !!button?.querySelector(".lucide-arrow-left, .lucide-x");
}

export function start() {
  const close = (event) => {
    if (!confirmButton() || !leaves(event)) return;
    event.preventDefault();
    event.stopPropagation();
    confirmButton().click();
  };
  for (const type of ["keydown", "pointerdown", "click"]) addEventListener(type, close, true);
}
