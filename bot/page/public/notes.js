// Short notes at the bottom of the window, which screen readers read out.

const SHOWN_MS = 6000;
const UNDO_MS = 15000;

function region() {
  let found = document.getElementById("pp-notes");
  if (!found) {
    found = document.createElement("div");
    found.id = "pp-notes";
    found.setAttribute("role", "status");
    document.body.append(found);
  }
  return found;
}

/** Say something for a few seconds; `undo` = { label, run } adds a button. */
export function note(text, undo) {
  const line = document.createElement("p");
  line.append(text);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = undo.label;
    button.onclick = () => {
      line.remove();
      undo.run();
    };
    line.append(button);
  }
  region().replaceChildren(line);
  setTimeout(() => line.remove(), undo ? UNDO_MS : SHOWN_MS);
}
