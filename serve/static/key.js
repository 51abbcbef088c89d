// The API key: asked for once, held in this tab, never in an address.

import { at } from "./dom.js";

const PLACE = "perennial-key";
let asking = null;

export function key() {
  return sessionStorage.getItem(PLACE) ?? "";
}

// Resolves to whether a key was given; several that ask at once share one dialog.
export function askForKey() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

async function ask() {
  const dialog = at("key"), text = at("key-text");
  at("key-reason").textContent = key()
    ? "That key was not accepted. Check it, or ask whoever runs this service for another one."
    : "This service answers to whoever has a key.";
  sessionStorage.removeItem(PLACE);
  dialog.returnValue = "";
  dialog.showModal();
  text.focus();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  const given = text.value.trim();
  text.value = "";
  if (dialog.returnValue !== "use" || !given) return false;
  sessionStorage.setItem(PLACE, given);
  return true;
}
