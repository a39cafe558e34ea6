/**
 * Messages and other data, as they are printed.
 *
 * @module
 */
import type { Message, Published } from "../src/client/index.ts";
import { counted } from "./numbers.ts";
import { type Output, printable } from "./output.ts";

/** A message for programs, with the names of the protocol. */
export function messageDocument(message: Message): object {
  return {
    "channel-id": message.channelId,
    seq: message.seq,
    "message-id": message.messageId,
    "published-at": message.publishedAt,
    "sender-conn-id": message.senderConnId,
    "sender-user-id": message.senderUserId,
    replayed: message.replayed,
    data: message.data,
  };
}

/** A message for people: time, number, sender, data. */
export function messageLine(message: Message, output: Output): string {
  const { seq, senderUserId, senderConnId } = message;
  const sender = senderUserId ?? shortened(senderConnId) ?? "-";
  return [
    output.look("dim", clockTime(message.publishedAt)),
    output.look("cyan", seq === undefined ? "-" : String(seq)),
    output.look("magenta", printable(sender)),
    printable(JSON.stringify(message.data)),
  ].join("  ");
}

/** Data for people: text as it is, everything else as JSON. */
export function dataText(data: unknown, output: Output): string {
  if (typeof data !== "string") return printable(JSON.stringify(data));
  // A program that reads it gets it unchanged.
  return output.isTerminal ? printable(data) : data;
}

/** The time of the day here, and the day unless it is today. */
export function clockTime(ms: number, now = new Date()): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** The random end of a connection's id: the rest is when it was opened. */
function shortened(connId: string | null): string | undefined {
  return connId?.replace(/^conn-\d+-/, "");
}

/** What the service made of a message, for programs. */
export function publishedDocument(published: Published): object {
  return {
    "message-id": published.messageId,
    seq: published.seq,
    "delivered-to": published.deliveredTo,
    duplicate: published.duplicate,
  };
}

/** What the service made of a message, for people. */
export function publishedLine(published: Published, output: Output): string {
  const { messageId, seq, deliveredTo, duplicate } = published;
  const number = seq === undefined ? "ephemeral" : `number ${seq}`;
  const to =
    deliveredTo === undefined
      ? ""
      : `, to ${counted(deliveredTo, "subscriber")}`;
  const was = duplicate ? "had been published before" : "published";
  return `${was} as ${output.look("cyan", number)}${to} (${printable(messageId)})`;
}
