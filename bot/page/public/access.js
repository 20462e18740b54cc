// Chainlit's page for people who listen to it, steer it by keyboard, or do without motion. It only
// adds names, roles and one line that is read out; whatever React draws anew is looked at anew.

const WORDS = {
  en: {
    newChat: "New chat", settings: "Settings", send: "Send", stop: "Stop", message: "Your message",
    chats: "Chats", chat: "Chat", copy: "Copy the text", attach: "Add a picture", close: "Close",
    back: "Back", showPassword: "Show the password", hidePassword: "Hide the password",
    more: "More", down: "Down to the newest message", search: "Search", remove: "Remove",
    edit: "Rename", good: "Good answer", bad: "Bad answer", menu: "Show or hide the list of chats",
    width: "Width of this part", kind: "Kind of chat", learned: "What I learned", dialog: "Dialog", button: "Button",
    photos: (count) => (count === 1 ? "1 photo" : `${count} photos`),
  },
  de: {
    newChat: "Neuer Chat", settings: "Einstellungen", send: "Senden", stop: "Anhalten",
    message: "Deine Nachricht", chats: "Chats", chat: "Chat", copy: "Text kopieren",
    attach: "Bild hinzufügen", close: "Schließen", back: "Zurück",
    showPassword: "Passwort zeigen", hidePassword: "Passwort verbergen", more: "Mehr",
    down: "Zur neuesten Nachricht", search: "Suchen", remove: "Entfernen", edit: "Umbenennen",
    good: "Gute Antwort", bad: "Schlechte Antwort", menu: "Liste der Chats ein- oder ausblenden",
    width: "Breite dieses Teils", kind: "Art des Chats", learned: "Was ich gelernt habe", dialog: "Dialog", button: "Schaltfläche",
    photos: (count) => (count === 1 ? "1 Foto" : `${count} Fotos`),
  },
  zh: {
    newChat: "新对话", settings: "设置", send: "发送", stop: "停止", message: "你的消息",
    chats: "对话列表", chat: "对话", copy: "复制文字", attach: "添加图片", close: "关闭",
    back: "返回", showPassword: "显示密码", hidePassword: "隐藏密码", more: "更多",
    down: "到最新消息", search: "搜索", remove: "移除", edit: "重命名", good: "回答得好",
    bad: "回答得不好", menu: "显示或隐藏对话列表", width: "此部分的宽度", kind: "对话类型", learned: "我学到的", dialog: "对话框",
    button: "按钮",
    photos: (count) => `${count} 张照片`,
  },
};

const LANGUAGE = (navigator.language || "en").slice(0, 2).toLowerCase();
const say = WORDS[LANGUAGE] || WORDS.en;

// Buttons that are an icon and nothing else: by their id, or by the icon.
const BY_ID = {
  "new-chat-button": "newChat",
  "chat-settings-header-button": "settings",
  "chat-settings-open-modal": "settings",
  "chat-submit": "send",
  "stop-button": "stop",
  "upload-button": "attach",
  "sidebar-trigger-button": "menu",
  "search-button": "search",
  "search-chats-button": "search",
  "thread-options": "more",
};
const BY_ICON = {
  copy: "copy", "arrow-left": "back", "chevron-left": "back", x: "close", eye: "showPassword",
  "eye-off": "hidePassword", "arrow-down": "down", paperclip: "attach", search: "search",
  ellipsis: "more", "more-horizontal": "more", "trash-2": "remove", trash: "remove",
  pencil: "edit", square: "stop", "thumbs-up": "good", "thumbs-down": "bad",
  "panel-left": "menu", settings: "settings", "sliders-horizontal": "settings",
};

const each = (selector, work) => document.querySelectorAll(selector).forEach(work);
const set = (element, name, value) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};
const exists = (ids) => (ids || "").split(" ").some((id) => id && document.getElementById(id));

function isNamed(element) {
  return (
    element.textContent.trim() ||
    element.hasAttribute("aria-label") ||
    element.title ||
    exists(element.getAttribute("aria-labelledby")) ||
    element.labels?.length ||
    [...element.querySelectorAll("img[alt], svg title")].some((one) => one.alt || one.textContent)
  );
}

function iconOf(button) {
  const names = [...button.querySelectorAll("svg")].flatMap((icon) => [...icon.classList]);
  const found = names.find((name) => name.startsWith("lucide-") && BY_ICON[name.slice(7)]);
  return found ? BY_ICON[found.slice(7)] : undefined;
}

function nameButtons() {
  // It opens a menu, or the choice of a file, but is no button by itself.
  each("#thread-options, #upload-button[role=presentation]", (one) => set(one, "role", "button"));
  each("button, [role=button], a[href]", (one) => {
    // What the eye does changes with what it shows, so its name is looked at each time.
    if (isNamed(one) && !one.dataset.ppNamed) return;
    const word = BY_ID[one.id] || iconOf(one) || "button";
    set(one, "aria-label", say[word]);
    one.dataset.ppNamed = "1";
  });
  each("[role=slider]:not([aria-label])", (thumb) => {
    const slider = thumb.closest("[id]");
    const label = slider && document.querySelector(`label[for="${CSS.escape(slider.id)}"]`);
    // Of the label the words alone: beside them stands the value, which a slider tells itself.
    const words = label?.firstChild?.textContent.trim();
    if (words) set(thumb, "aria-label", words);
  });
  each("#chat-input:not([aria-label])", (box) => set(box, "aria-label", say.message));
  // What a list of choices shows is its value, not its name.
  each("button[role=combobox]:not([aria-label])", (list) => {
    if (!list.labels?.length) set(list, "aria-label", say.kind);
  });
  each("[role=dialog]", (dialog) => {
    if (dialog.hasAttribute("aria-label") || exists(dialog.getAttribute("aria-labelledby"))) return;
    const heading = dialog.querySelector("h1, h2, h3, [id$=title]");
    set(dialog, "aria-label", heading?.textContent.trim() || say.dialog);
  });
  each("img:not([alt])", (image) => set(image, "alt", ""));
  // The picture beside the login says nothing.
  each('img[alt="Image"]', (image) => set(image, "alt", ""));
}

function nameParts() {
  each("#header", (header) => header.closest("main") || set(header, "role", "banner"));
  each("[data-panel-group]", (group) => {
    if (!group.closest("[role=main], main")) set(group, "role", "main");
  });
  // A part at the side, such as the settings on a wide screen.
  each("[data-panel] ~ [data-panel]:not([role])", (part) => {
    set(part, "role", "region");
    set(part, "aria-label", say.settings);
  });
  each("form", (form) => {
    if (!form.querySelector("#password") || form.closest("[role=main]")) return;
    set(document.getElementById("root").firstElementChild, "role", "main");
  });
  each("[data-sidebar=sidebar]", (list) => {
    if (list.closest("[role=navigation], nav, [role=dialog]")) return;
    set(list, "role", "navigation");
    set(list, "aria-label", say.chats);
  });
  // Chainlit's list of chats has boxes between the list and its items.
  each("ul[data-sidebar=menu]", (list) => {
    const boxes = [...list.children].filter((child) => child.tagName !== "LI");
    if (!boxes.length) return;
    set(list, "role", "none");
    boxes.forEach((box) => box.querySelector(":scope > li") && set(box, "role", "list"));
  });
  // The handle between two parts names its part by an id that the part lacks.
  each("[data-panel-id]:not([id])", (panel) => (panel.id = panel.dataset.panelId));
  each("[role=separator][tabindex]:not([aria-label])", (handle) =>
    set(handle, "aria-label", say.width),
  );
  // The folded steps are headings of the third level below one of the first.
  each("[data-step-type] h3[data-orientation]", (one) => set(one, "aria-level", "2"));
  heading();
}

// Chainlit's own links in the header are a link within a button, which nobody can press by keyboard.
function linkToLearned() {
  const header = document.getElementById("header");
  if (!header || document.getElementById("pp-learned")) return;
  const link = document.createElement("a");
  link.id = "pp-learned";
  link.href = "/learned";
  link.title = say.learned;
  set(link, "aria-label", say.learned);
  link.innerHTML =
    '<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 7v14M3 18a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h5a4 4 0 0 1 4 4 4 4 0 0 1 4-4h5a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-6a3 3 0 0 0-3 3 3 3 0 0 0-3-3z"/></svg>';
  header.querySelector(":scope > div:last-of-type").append(link);
}

// The welcome has a heading of the first level; a conversation has none.
function heading() {
  const header = document.getElementById("header");
  if (!header) return;
  const own = document.getElementById("pp-heading");
  const others = [...document.querySelectorAll("h1")].some((one) => one !== own);
  if (others && own) own.remove();
  if (others || own) return;
  const added = document.createElement("h1");
  added.id = "pp-heading";
  added.className = "pp-unseen";
  added.textContent = document.title || say.chat;
  header.append(added);
}

// -- answers are read out -------------------------------------------------------------------------

const ANSWERS = '[data-step-type="assistant_message"]';
const QUIET_MS = 700; // nothing more is written, so that a streamed answer is read as a whole

function announcer() {
  let region = document.getElementById("pp-announcer");
  if (!region) {
    region = document.createElement("div");
    region.id = "pp-announcer";
    region.className = "pp-unseen";
    region.setAttribute("role", "log");
    region.setAttribute("aria-live", "polite");
    region.setAttribute("aria-label", say.chat);
    document.body.append(region);
  }
  return region;
}

function wordsOf(answer) {
  const written = [...answer.querySelectorAll(".message-content [role=article]")]
    .map((one) => one.textContent.trim())
    .filter(Boolean);
  const alts = [...answer.querySelectorAll(".pp-gallery img[alt], .pp-shared img[alt]")]
    .map((image) => image.alt)
    .filter(Boolean);
  const photos = alts.length ? [`${say.photos(alts.length)}: ${alts.join("; ")}`] : [];
  return [...written, ...photos].join(" ");
}

function readsAnswers() {
  let timer = 0;
  let known = new WeakSet();
  let asked = false; // what stands there at first, as after a reload, is not read out
  const idOf = (answer) => answer.querySelector("[id^=step-]") || answer;
  const read = () => {
    if (document.getElementById("stop-button")) return void (timer = setTimeout(read, QUIET_MS));
    const answers = [...document.querySelectorAll(ANSWERS)];
    const fresh = answers.filter((answer) => !known.has(idOf(answer)));
    fresh.forEach((answer) => known.add(idOf(answer)));
    if (!asked) return;
    // A chat that is opened again brings many; what was said last is enough.
    const question = [...document.querySelectorAll('[data-step-type="user_message"]')].pop();
    const after = (answer) =>
      !question || question.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING;
    for (const answer of fresh.filter(after)) {
      const words = wordsOf(answer);
      if (!words) continue;
      const line = document.createElement("p");
      line.textContent = words;
      const region = announcer();
      region.append(line);
      while (region.childElementCount > 5) region.firstElementChild.remove();
    }
  };
  const acted = (event) => {
    if (event.type !== "keydown" || event.key === "Enter" || event.key === " ") asked = true;
  };
  addEventListener("keydown", acted, true);
  addEventListener("click", acted, true);
  return () => {
    clearTimeout(timer);
    timer = setTimeout(read, QUIET_MS);
  };
}

// -- no motion for those who want none ------------------------------------------------------------

function stillScrolling() {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const calm = (options) =>
    still.matches && options && typeof options === "object"
      ? { ...options, behavior: "auto" }
      : options;
  for (const [owner, names] of [
    [Element.prototype, ["scrollIntoView", "scrollTo", "scrollBy", "scroll"]],
    [window, ["scrollTo", "scrollBy", "scroll"]],
  ]) {
    for (const name of names) {
      const scroll = owner[name];
      owner[name] = function (...given) {
        return scroll.apply(this, given.map(calm));
      };
    }
  }
}

export function start() {
  // This script may be there before the page is.
  if (!document.body) return void addEventListener("DOMContentLoaded", start, { once: true });
  document.documentElement.lang = WORDS[LANGUAGE] ? LANGUAGE : "en";
  stillScrolling();
  announcer();
  const changed = readsAnswers();
  let waiting = false;
  const look = () => {
    waiting = false;
    linkToLearned();
    nameParts();
    nameButtons();
  };
  new MutationObserver((changes) => {
    // What is written into the line that is read out changes nothing else.
    if (changes.every((change) => change.target.closest?.("#pp-announcer"))) return;
    changed();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(look);
  }).observe(document.body, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["class", "role", "id", "data-state"],
  });
  look();
}
