// Prints what is said on a channel, a line each, and when it listens.
import { connect } from "sente-lite/client";

const [, , url, channel] = process.argv;
const room = connect(url).channel(channel);
await room.subscribe(({ data }) => console.log(JSON.stringify(data)));
console.log("listening");
