// What the page does beyond Chainlit. Each module does one thing; the elements in elements/ find
// what they need of them in window.photopal.

// Follow the system's light or dark theme until the reader chooses one; Chainlit can only be
// configured to one of the two.
try {
  if (!localStorage.getItem("vite-ui-theme")) localStorage.setItem("vite-ui-theme", "system");
} catch (error) {
  // Without storage Chainlit's own default stays.
}

import("/public/access.js").then((access) => access.start());
import("/public/login.js").then((login) => login.start());

// A chat gets its address with its first message. Chainlit sees to that where the list of chats is
// on the page, but in a narrow window the list is not there: a reload would lose the chat.
addEventListener("message", (event) => {
  const chat = event.source === window && event.data && event.data.photopalChat;
  if (chat && innerWidth < 768 && location.pathname === "/") {
    history.replaceState(history.state, "", `/thread/${encodeURIComponent(chat)}`);
    // So that Chainlit's router knows: else it would load the chat anew when the viewer is closed.
    dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
  }
});

// Chainlit notes whether the list of chats was closed, and opens it again at every visit all the
// same: close it at once when it was closed last time.
if (document.cookie.includes("sidebar:state=false")) {
  const closing = new MutationObserver(() => {
    const open = document.querySelector('[data-state="expanded"][data-side="left"]');
    if (!open) return;
    closing.disconnect();
    document.getElementById("sidebar-trigger-button")?.click();
  });
  closing.observe(document.documentElement, { childList: true, subtree: true });
  setTimeout(() => closing.disconnect(), 10000);
}

const look = document.createElement("link");
look.rel = "stylesheet";
look.href = "/public/photoswipe.css";
document.head.prepend(look);

window.photopal = {};
import("/public/words.js").then((words) => Object.assign(window.photopal, words));
// Elements wait for this before they use anything of it.
window.photopal.ready = Promise.all([
  import("/public/notes.js"),
  import("/public/pictures.js"),
  import("/public/viewer.js"),
  import("/public/follow.js"),
  import("/public/settings.js"),
]).then(([notes, pictures, viewer, follow, settings]) => {
  Object.assign(window.photopal, notes, pictures, viewer);
  follow.start();
  settings.start();
  pictures.start();
});
