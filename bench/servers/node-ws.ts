/**
 * A process: `ws` on Node, passing each message to every socket of the other
 * role. Prints its port.
 *
 * @module
 */
import { type WebSocket, WebSocketServer } from "ws";

const sockets = {
  publisher: new Set<WebSocket>(),
  subscriber: new Set<WebSocket>(),
};

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("connection", (socket, request) => {
  const isPublisher = request.url?.includes("role=publisher") ?? false;
  const own = isPublisher ? sockets.publisher : sockets.subscriber;
  const others = isPublisher ? sockets.subscriber : sockets.publisher;
  own.add(socket);
  socket.on("close", () => own.delete(socket));
  socket.on("message", (data) => {
    for (const each of others) each.send(data, { binary: false });
  });
});
server.on("listening", () => console.log(Object(server.address()).port));
