// Keeps the newest message in view until the person scrolls away from it. Chainlit's own way (off
// in chainlit.toml) scrolls before photos have their size, and stops for good once anything else
// has scrolled.

const MARGIN = 20;
const MESSAGES = '[data-step-type="assistant_message"], [data-step-type="user_message"]';

const newest = () => [...document.querySelectorAll(MESSAGES)].pop();
const scroller = () => newest()?.parentElement.closest(".overflow-y-auto");

/** How far to scroll so that the newest message ends in view, but never past its beginning. */
function missing(box) {
  const frame = box.getBoundingClientRect();
  const place = newest().getBoundingClientRect();
  return Math.min(place.bottom + MARGIN - frame.bottom, place.top - MARGIN - frame.top);
}

export function start() {
  // This script may be there before the page is.
  if (!document.body) return void addEventListener("DOMContentLoaded", start, { once: true });
  let following = true;
  let waiting = false;
  let height = 0; // of all messages, when they were last looked at
  let acted = false;
  let count = 0;

  const reveal = () => {
    waiting = false;
    const box = scroller();
    if (!box) return;
    height = box.scrollHeight;
    if (!following) return;
    const by = missing(box);
    if (by < 1) return;
    box.scrollTop += by;
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(reveal);
  };
  const sizes = new ResizeObserver(soon);
  let watched = null;
  new MutationObserver(() => {
    const last = newest();
    const now = document.querySelectorAll(MESSAGES).length;
    // What was just said, and the answer to what was just pressed, is always shown.
    if (now > count && (acted || last.dataset.stepType === "user_message")) following = true;
    if (now > count) acted = false;
    count = now;
    if (last === watched) return;
    sizes.disconnect();
    // The whole list: Chainlit makes older galleries anew, too, whenever a message comes.
    if (last) sizes.observe(scroller().firstElementChild);
    watched = last;
    soon();
  }).observe(document.body, { childList: true, subtree: true });

  const scrolled = (event) => {
    const box = scroller();
    if (event.target !== box) return;
    // What moves because messages grow or shrink is not scrolled by the person.
    const same = box.scrollHeight === height;
    height = box.scrollHeight;
    if (same) following = missing(box) <= MARGIN;
  };
  addEventListener("scroll", scrolled, { capture: true, passive: true });
  addEventListener("resize", soon);
  addEventListener("click", () => (acted = true), true);
}
