/** The messages on the page. */
import { element, part } from "./element.ts";
import type { Line } from "./line.ts";

/** A message that has come. */
export interface Shown {
  readonly messageId: string;
  readonly line: Line;
  /** When it was published, in ms since the Unix epoch. */
  readonly at: number;
  readonly isOwn: boolean;
}

export interface View {
  /** A message has come. */
  show(message: Shown): void;
  /** One is on its way. */
  sending(messageId: string, line: Line): void;
  /** The service has it. */
  sent(messageId: string): void;
  /** It did not get there. */
  failed(messageId: string, why: string, again: () => void): void;
  /** Something about the room, between the messages. */
  note(text: string): void;
  /** Nothing more comes. */
  end(why: string): void;
  clear(): void;
}

const scroll = part("scroll", HTMLElement);
const messages = part("messages", HTMLOListElement);
const outbox = part("outbox", HTMLOListElement);
const newer = part("newer", HTMLButtonElement);
/** Who reads so near to the end, in px, wants to see what comes. */
const NEAR = 80;

export const view: View = {
  show: (message) =>
    following(() => {
      outboxItem(message.messageId)?.remove();
      messages.append(itemOf(message));
    }),
  sending: (messageId, line) => {
    const fate = element("p", "fate", "sending…");
    const item = itemOf({ messageId, line, at: Date.now(), isOwn: true });
    item.lastElementChild?.append(fate);
    const before = outboxItem(messageId);
    if (before === undefined) outbox.append(item);
    else before.replaceWith(item);
    toEnd();
  },
  // As a rule it has come by now; if this room was left, it does not.
  sent: (messageId) => outboxItem(messageId)?.querySelector(".fate")?.remove(),
  failed: (messageId, why, again) => {
    const item = outboxItem(messageId);
    const fate = element("p", "fate bad", `Not sent. ${why}`);
    fate.role = "alert";
    fate.append(
      button("Try again", again),
      button("Discard", () => item?.remove()),
    );
    following(() => item?.querySelector(".fate")?.replaceWith(fate));
  },
  note: (text) => following(() => messages.append(noteOf(text))),
  end: (why) => following(() => messages.append(noteOf(why, "bad"))),
  clear: () => {
    messages.replaceChildren();
    outbox.replaceChildren();
    newer.hidden = true;
  },
};

newer.addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => {
  if (isNearEnd()) newer.hidden = true;
});

function toEnd(): void {
  scroll.scrollTop = scroll.scrollHeight;
  newer.hidden = true;
}

function isNearEnd(): boolean {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
}

/** Does not take away what somebody reads who has scrolled back. */
function following(change: () => void): void {
  const follows = isNearEnd();
  change();
  if (follows) toEnd();
  else newer.hidden = false;
}

function outboxItem(messageId: string): HTMLElement | undefined {
  const items = outbox.querySelectorAll<HTMLElement>("li");
  return [...items].find((item) => item.dataset.id === messageId);
}

function itemOf({ messageId, line, at, isOwn }: Shown): HTMLLIElement {
  const date = new Date(at);
  const time = element("time", "");
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString([], { timeStyle: "short" });
  const avatar = element("span", "avatar", line.name.trim().slice(0, 1));
  avatar.ariaHidden = "true";
  avatar.style.setProperty("--hue", `${hueOf(line.name)}`);
  const who = element("b", "who", isOwn ? "You" : line.name);
  const item = element(
    "li",
    isOwn ? "message own" : "message",
    avatar,
    element(
      "div",
      "bubble",
      element("p", "meta", who, time),
      element("p", "text", line.text),
    ),
  );
  item.dataset.id = messageId;
  return item;
}

function noteOf(text: string, kind = ""): HTMLLIElement {
  return element("li", `note ${kind}`, text);
}

function button(label: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", "quiet", label);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/** A colour for a name: the same everywhere. */
function hueOf(name: string): number {
  let hue = 7;
  for (const letter of name) hue = (hue * 31 + letter.charCodeAt(0)) % 360;
  return hue;
}
