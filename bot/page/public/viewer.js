// Looking at photos closely, over the whole window, by PhotoSwipe: swipe, pinch, wheel and arrows,
// neighbours loaded ahead, focus kept inside and given back. Caption, actions and history are ours.

import PhotoSwipe from "/public/photoswipe.js";
import { copyPicture, downloadPictures } from "/public/pictures.js";
import { say } from "/public/words.js";

const LONG_SIDE = 4000; // nominal, so that small pictures fill the screen as well
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const ICONS = {
  share: '<circle cx="18" cy="5" r="3"/><circle cx="6" cy="12" r="3"/><circle cx="18" cy="19" r="3"/><path d="m8.6 13.5 6.8 4M15.4 6.5l-6.8 4"/>',
  copy: '<rect width="14" height="14" x="8" y="8" rx="2"/><path d="M4 16a2 2 0 0 1-2-2V4c0-1.1.9-2 2-2h10a2 2 0 0 1 2 2"/>',
  download: '<path d="M12 15V3M7 10l5 5 5-5M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4"/>',
  more: '<path d="M18 22H4a2 2 0 0 1-2-2V6"/><rect width="16" height="16" x="6" y="2" rx="2"/><path d="m22 11-1.3-1.3a2.4 2.4 0 0 0-3.4 0L11 16"/>',
  not: '<path d="M17 14V2M9 18.1 10 14H4.2a2 2 0 0 1-1.9-2.6l2.3-8A2 2 0 0 1 6.5 2H20a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-2.8a2 2 0 0 0-1.8 1.1L12 22a3.1 3.1 0 0 1-3-3.9Z"/>',
  favourite: '<path d="M2 9.5a5.5 5.5 0 0 1 9.6-3.7.6.6 0 0 0 .8 0A5.5 5.5 0 0 1 22 9.5c0 2.3-1.5 4-3 5.5l-5.5 5.3a2 2 0 0 1-3 0L5 15c-1.5-1.5-3-3.2-3-5.5"/>',
  hide: '<path d="M10.7 5.1a10.7 10.7 0 0 1 11.2 6.6 1 1 0 0 1 0 .7 10.7 10.7 0 0 1-1.4 2.5M14.1 14.2a3 3 0 0 1-4.2-4.2M17.5 17.5A10.8 10.8 0 0 1 2.1 12.3a1 1 0 0 1 0-.7 10.8 10.8 0 0 1 4.4-5.1M2 2l20 20"/>',
};

function icon(name) {
  return `<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICONS[name]}</svg>`;
}

function slide(photo) {
  const ratio = photo.exact || photo.ratio;
  const size = ratio >= 1 ? [LONG_SIDE, LONG_SIDE / ratio] : [LONG_SIDE * ratio, LONG_SIDE];
  return { src: photo.view, msrc: photo.thumb, width: size[0], height: size[1], alt: photo.alt };
}

/** The buttons below a photo: each has a name, a label, and what it does with the photo. */
function buttonsFor(actions) {
  const own = [
    ["share", "Share", actions.share],
    ["copy", "Copy", copyPicture],
    ["download", "Download", (photo) => downloadPictures([photo])],
    ["more", "More like this", actions.moreLike, true],
    ["not", "Not this", actions.notThis, true],
    ["favourite", "Favourite", actions.favourite],
    ["hide", "Hide", actions.hide, true],
  ];
  return own.filter(([, , run]) => run);
}

/**
 * Open the viewer.
 *
 * photos: cards of the gallery, `gone` where a thumbnail could not be loaded; index: the first to
 * show; opener: gets the focus back; actions: { share, moreLike, notThis, favourite, hide }, any of
 * them, each called with the card.
 */
export function openViewer({ photos, index, opener, actions = {} }) {
  const viewer = new PhotoSwipe({
    dataSource: photos.map(slide),
    index,
    loop: false,
    bgOpacity: 1,
    preload: [1, 2],
    wheelToZoom: true,
    closeOnVerticalDrag: true,
    secondaryZoomLevel: (zoom) => zoom.fit * 2.5,
    maxZoomLevel: (zoom) => zoom.fit * 6,
    showAnimationDuration: 160,
    hideAnimationDuration: 160,
    showHideAnimationType: STILL.matches ? "none" : "fade",
    paddingFn: (size) => ({ top: 0, left: 0, right: 0, bottom: size.x < 700 ? 112 : 76 }),
    closeTitle: say("Close (Esc)"),
    zoomTitle: say("Zoom"),
    arrowPrevTitle: say("Previous photo"),
    arrowNextTitle: say("Next photo"),
    errorMsg: say("This photo cannot be shown: its file is gone or cannot be read."),
    returnFocus: false,
    trapFocus: true,
  });
  const current = () => photos[viewer.currIndex];

  viewer.on("uiRegister", () => {
    viewer.ui.registerElement({
      name: "pp-panel",
      appendTo: "root",
      order: 9,
      onInit: (panel) => fill(panel, { viewer, current, actions, close: () => close() }),
    });
  });
  viewer.on("loadError", ({ content }) => {
    photos[content.index].gone = true;
    viewer.dispatch("change");
  });
  viewer.on("openingAnimationEnd", () => (viewer.element.dataset.open = ""));
  viewer.on("firstUpdate", () => {
    viewer.element.classList.toggle("pp-single", photos.length < 2);
    viewer.element.setAttribute("aria-modal", "true");
  });

  // The back button of a phone closes the viewer and does not leave the page.
  let byBack = false;
  const close = () => {
    if (viewer.opener.isOpen) viewer.close();
    // PhotoSwipe takes no orders while it opens.
    else viewer.on("openingAnimationEnd", () => viewer.close());
  };
  const back = () => {
    byBack = true;
    close();
  };
  const escape = (event) => {
    if (event.key === "Escape" && !viewer.opener.isOpen) close();
  };
  addEventListener("keydown", escape);
  const page = document.getElementById("root");
  page.inert = true;
  history.pushState({ ...history.state, viewer: true }, "");
  addEventListener("popstate", back, { once: true });
  viewer.on("close", () => {
    removeEventListener("popstate", back);
    removeEventListener("keydown", escape);
    page.inert = false;
    if (!byBack) history.back();
  });
  viewer.on("destroy", () => opener?.isConnected && opener.focus({ preventScroll: true }));

  viewer.on("keydown", ({ originalEvent: event }) => {
    if (event.key === "Tab") turnRound(event, viewer.element);
  });
  viewer.init();
  return viewer;
}

/** Tab goes from the last button to the first, and with Shift the other way. */
function turnRound(event, element) {
  const all = [...element.querySelectorAll("button")].filter(
    (button) => !button.disabled && button.checkVisibility({ visibilityProperty: true }),
  );
  const at = all.indexOf(document.activeElement);
  const to = event.shiftKey ? (at <= 0 ? all.length : at) - 1 : (at + 1) % all.length;
  event.preventDefault();
  all[to].focus();
}

function fill(panel, { viewer, current, actions, close }) {
  panel.innerHTML = '<p class="pp-caption" aria-live="polite"></p><div class="pp-actions"></div>';
  const caption = panel.querySelector(".pp-caption");
  const buttons = buttonsFor(actions).map(([name, english, run, closes]) => {
    const label = say(english);
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.do = name;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.innerHTML = `${icon(name)}<span>${label}</span>`;
    button.onclick = async () => {
      const photo = current();
      if (closes) close();
      button.disabled = true;
      try {
        await run(photo);
      } finally {
        if (viewer.isOpen) show();
      }
    };
    panel.querySelector(".pp-actions").append(button);
    return button;
  });
  const show = () => {
    const photo = current();
    caption.textContent = photo.gone ? say("This photo is gone from the disk.") : photo.caption;
    viewer.element.setAttribute("aria-label", `${say("Photo viewer")}: ${photo.alt}`);
    for (const button of buttons) {
      button.disabled = !!photo.gone && button.dataset.do !== "hide";
      if (button.dataset.do === "favourite") {
        button.setAttribute("aria-pressed", String(!!photo.favourite));
      }
      if (button.dataset.do === "share") {
        button.lastChild.textContent = say(photo.shared ? "Shared" : "Share");
        button.setAttribute("aria-label", button.lastChild.textContent);
      }
    }
  };
  viewer.on("change", show);
}
