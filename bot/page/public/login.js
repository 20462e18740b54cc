// The login of a page with one password: the form wants a name all the same.

const ANY_NAME = "owner";

function fill() {
  const name = document.querySelector("form #email");
  if (!name || name.value === ANY_NAME) return;
  // By the browser's own setter: React would not notice a value that is set past it.
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(name, ANY_NAME);
  name.dispatchEvent(new Event("input", { bubbles: true }));
  document.querySelector("form #password")?.focus();
}

/** Fill in the name whenever the form is there. */
export function start() {
  if (document.documentElement.dataset.login !== "password") return;
  fill();
  new MutationObserver(fill).observe(document.documentElement, { childList: true, subtree: true });
}
