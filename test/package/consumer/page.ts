/** A page. */
import { connect } from "sente-lite/client";

const client = connect(new URL("/ws", location.href));
const room = client.channel("chat");
await room.subscribe(({ data }) => document.body.append(String(data)));
