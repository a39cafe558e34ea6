/** A client of one's own making, as far as types go. */
import {
  BATCH_SUBPROTOCOL,
  CLOSE_CODES,
  type ClientFrameInput,
  decodeServer,
  type Position,
  TOKEN_SUBPROTOCOL,
} from "sente-lite/protocol";

export function listen(url: string, token: string): WebSocket {
  const offered = [BATCH_SUBPROTOCOL, TOKEN_SUBPROTOCOL + token];
  const socket = new WebSocket(url, offered);
  let since: Position | undefined;
  const send = (frame: ClientFrameInput) => socket.send(JSON.stringify(frame));
  socket.onopen = () =>
    send({ type: "subscribe", "channel-id": "chat", since });
  socket.onmessage = ({ data }) => {
    for (const frame of decodeServer(data)) {
      if (frame.type === "subscription-result") {
        const { epoch, seq } = frame;
        if (epoch !== undefined && seq !== undefined) since = { epoch, seq };
        // @ts-expect-error: there is no such reason.
        if (frame.reason === "no-reason") return;
      }
      // @ts-expect-error: not every frame has one.
      console.log(frame.seq);
    }
  };
  socket.onclose = ({ code }) => {
    if (code === CLOSE_CODES.tokenExpired) console.log("a new token");
  };
  // @ts-expect-error: there is no such frame.
  send({ type: "unknown" });
  return socket;
}
