// A service: it answers requests on a channel with the time of a time zone.
// Run it with `npx node examples/time-service.mjs`.
const url = process.argv[2] ?? "ws://127.0.0.1:8787/ws";
const socket = new WebSocket(url);

const send = (frame) => socket.send(JSON.stringify(frame));

socket.onopen = () => send({ type: "subscribe", "channel-id": "time-service" });
socket.onclose = ({ code, reason }) => console.log("closed", code, reason);
socket.onmessage = ({ data }) => {
  const frame = JSON.parse(data);
  console.log(frame.type);
  if (frame.type !== "rpc-request") return;
  const answer = { type: "rpc-response", "request-id": frame["request-id"] };
  try {
    const timeZone = frame.data.zone;
    const time = new Date().toLocaleTimeString("en-GB", { timeZone });
    send({ ...answer, data: { time } });
  } catch (error) {
    send({ ...answer, data: error.message, error: true });
  }
};
