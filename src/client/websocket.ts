/**
 * The sockets that a client talks over, whoever makes them.
 *
 * @module
 */

/** The part of a WebSocket that is used. */
export interface WebSocketLike {
  addEventListener(
    type: "message",
    listener: (event: { readonly data: unknown }) => void,
  ): void;
  addEventListener(type: "error", listener: () => void): void;
  addEventListener(
    type: "close",
    listener: (event: {
      readonly code: number;
      readonly reason: string;
    }) => void,
  ): void;
  send(message: string): void;
  close(code?: number, reason?: string): void;
}

/** What makes WebSockets. */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
) => WebSocketLike;
