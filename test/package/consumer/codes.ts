/** A page that needs names and numbers of the protocol and no schema. */
import { CLOSE_CODES, HEARTBEAT_PING, isChannelId } from "sente-lite/protocol";

console.log(CLOSE_CODES, HEARTBEAT_PING, isChannelId("chat"));
