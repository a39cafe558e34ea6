/**
 * A process: Socket.IO on Node, with a room for each channel. Prints its port.
 *
 * @module
 */
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => {
  socket.on("subscribe", async (channel: string, done: () => void) => {
    await socket.join(channel);
    done();
  });
  socket.on("publish", (channel: string, data: string) => {
    io.to(channel).emit("message", data);
  });
});
http.listen(0, "127.0.0.1", () => console.log(Object(http.address()).port));
