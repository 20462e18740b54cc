// What leaves the page: the picture alone. A photo's address `view` serves a new JPEG that was made
// from the pixels, without EXIF and GPS; nothing else is ever copied, downloaded or handed on.

import { note } from "/public/notes.js";
import { say } from "/public/words.js";

/** The copy of a photo { view, name } as a file; rejects when the photo's file is gone. */
export async function copyOf(photo) {
  const answer = await fetch(photo.view, { cache: "force-cache" });
  if (!answer.ok) throw new Error("gone");
  const name = (photo.name || "photo").replace(/[^\p{L}\p{N}]+/gu, "-") + ".jpg";
  return new File([await answer.blob()], name, { type: "image/jpeg" });
}

async function asPng(file) {
  const picture = await createImageBitmap(await file);
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  // Clipboards take PNG only.
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Put the picture on the clipboard; tells how it went. */
export async function copyPicture(photo) {
  if (!navigator.clipboard?.write || !window.ClipboardItem) {
    note(say("Over this connection the browser copies no pictures. Download it instead."));
    return;
  }
  try {
    // A promise, so that the browser still counts this as the person's own act.
    const png = asPng(copyOf(photo));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    note(say("The picture is on the clipboard, without location or camera data."));
  } catch (error) {
    console.warn("copying failed", error);
    note(say("The picture could not be copied. Download it instead."));
  }
}

/** Save the copies of photos as files. */
export async function downloadPictures(photos) {
  for (const photo of photos) {
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await copyOf(photo));
      link.download = (photo.name || "photo").replace(/[^\p{L}\p{N}]+/gu, "-") + ".jpg";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      console.warn("downloading failed", error);
      note(say("This photo is gone from the disk."));
    }
  }
}

/** Save the copies of several photos as one zip file. */
export async function downloadTogether(photos) {
  const ids = photos.map((photo) => `id=${photo.id}`).join("&");
  try {
    const answer = await fetch(`/photos/together?${ids}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = "photos.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    const missing = Number(answer.headers.get("X-Missing") || 0);
    if (missing) note(say("{count} of them are gone from the disk and not in it.", { count: missing }));
  } catch (error) {
    console.warn("downloading together failed", error);
    note(say("These photos could not be put into one file."));
  }
}

/** Whether the system's own sheet for sharing is what a person expects here: on phones. */
function hasSheet(files) {
  return matchMedia("(pointer: coarse)").matches && !!navigator.canShare?.({ files });
}

/**
 * Hand copies of photos to the system's sheet for sharing.
 *
 * "shared", "cancelled", "none" where there is no such sheet, "failed" where a file is gone.
 */
export async function shareSheet(photos) {
  let files;
  try {
    files = await Promise.all(photos.map(copyOf));
  } catch {
    return "failed";
  }
  if (!hasSheet(files)) return "none";
  try {
    await navigator.share({ files });
    return "shared";
  } catch (error) {
    if (error.name === "AbortError") return "cancelled";
    console.warn("the system could not share", error);
    return "none";
  }
}

/** Bring the card of a photo that was shared before into view. */
export function showShared(photoId) {
  const card = document.querySelector(`.pp-shared[data-photo="${photoId}"]`);
  card?.scrollIntoView({ block: "nearest" });
  note(say("You shared this one before; here is the copy."));
}

/** Chainlit's copy button below a message with photos copies the first picture, not the words. */
export function start() {
  const pictureOf = (button) => {
    if (!button?.querySelector(".lucide-copy")) return null;
    const message = button.closest('[data-step-type="assistant_message"]');
    return message?.querySelector("[data-view]") || null;
  };
  const copy = (event) => {
    const picture = pictureOf(event.target.closest?.("button"));
    if (!picture) return;
    event.preventDefault();
    event.stopPropagation();
    copyPicture({ view: picture.dataset.view, name: picture.dataset.name });
  };
  document.addEventListener("click", copy, true);
  const label = (event) => {
    const button = event.target.closest?.("button");
    if (pictureOf(button)) button.setAttribute("aria-label", say("Copy the picture"));
  };
  document.addEventListener("pointerover", label, true);
  document.addEventListener("focusin", label, true);
}
