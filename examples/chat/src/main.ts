/** The page: who comes in where, and how it is connected. */
import {
  type ConnectionState,
  connect,
  InvalidDataError,
} from "sente-lite/client";

import { part } from "./element.ts";
import { enter, type Room } from "./room.ts";
import { view } from "./view.ts";

const BADGES: Record<ConnectionState, string> = {
  connecting: "Connecting…",
  connected: "Online",
  waiting: "Offline, trying again",
  closed: "Disconnected",
};

const client = connect(import.meta.env.VITE_SENTE_URL ?? "/ws", {
  // Whoever sits in a train wants it sent after the tunnel all the same.
  publishTimeoutMs: 5 * 60_000,
});
let room: Room | undefined;

const badge = part("badge", HTMLParagraphElement);
client.on("state", ({ state, reason }) => {
  badge.dataset.state = state;
  badge.textContent = BADGES[state];
  badge.title = reason ?? "";
});
client.on("error", ({ error }) => {
  // Somebody published what is no line of a chat: nobody's business here.
  if (!(error instanceof InvalidDataError)) console.warn(error);
});

const title = part("title", HTMLHeadingElement);
const door = part("door", HTMLElement);
const join = part("join", HTMLFormElement);
const inside = part("room", HTMLElement);
const leave = part("leave", HTMLButtonElement);
const composer = part("composer", HTMLFormElement);
const text = part("text", HTMLTextAreaElement);
const nameField = field("name");
const roomField = field("room");

nameField.value = sessionStorage.getItem("chat-name") ?? "";
roomField.value = decodeURIComponent(location.hash.slice(1)) || "lobby";
nameField.focus();

join.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = nameField.value.trim();
  const id = roomField.value.trim().toLowerCase();
  nameField.setCustomValidity(name === "" ? "Who are you?" : "");
  roomField.setCustomValidity(id === "" ? "Where to?" : "");
  if (!join.reportValidity()) return;
  sessionStorage.setItem("chat-name", name);
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  room = enter(client, id, name, view);
  title.textContent = `# ${id}`;
  swap(true);
  text.focus();
});
for (const each of [nameField, roomField]) {
  each.addEventListener("input", () => each.setCustomValidity(""));
}

leave.addEventListener("click", () => {
  room?.leave();
  room = undefined;
  title.textContent = "Chat";
  swap(false);
  view.clear();
  roomField.focus();
});

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (said === "") return;
  text.value = "";
  room?.say(said);
});
text.addEventListener("keydown", (event) => {
  // Shift and Enter begin a new line. Enter may also end a composed letter.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

function swap(isInside: boolean): void {
  door.hidden = isInside;
  inside.hidden = !isInside;
  leave.hidden = !isInside;
}

function field(name: string): HTMLInputElement {
  const found = join.elements.namedItem(name);
  if (!(found instanceof HTMLInputElement)) throw new Error(`no ${name}`);
  return found;
}
