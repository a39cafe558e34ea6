/**
 * A service in use: people who talk, services that answer, some badly.
 *
 * @module
 */
import { type Client, connect } from "../../../src/client/index.ts";

/** Traffic that goes on until it is stopped. */
export interface Traffic {
  stop(): Promise<void>;
}

const ROOMS = ["chat-lobby", "chat-support", "orders", "prices/EUR"];
const EVERY_MS = 60;

/** Clients on several channels that publish and ask all the time. */
export async function startTraffic(url: string): Promise<Traffic> {
  const target = `${url.replace("http", "ws")}/ws`;
  const clients = Array.from({ length: 6 }, () => connect(target));
  const direct = connect(target, { direct: true });
  const service = connect(target);
  const all = [...clients, direct, service];
  for (const client of [...clients, direct]) {
    client.on("error", () => {});
    for (const room of ROOMS) await client.channel(room).subscribe(() => {});
  }
  await service.channel("time-service").respond(({ data }) => {
    if (isBad(data)) throw new Error("there is no such zone");
    return { time: "07:30:15" };
  });
  let turn = 0;
  const timer = setInterval(() => {
    turn++;
    const speaker = clients[turn % clients.length];
    if (speaker !== undefined) speak(speaker, turn);
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(all.map((client) => client.close()));
    },
  };
}

function speak(speaker: Client, turn: number): void {
  const ignore = () => {};
  const room = ROOMS[turn % ROOMS.length] ?? "chat-lobby";
  const data = { text: `message ${turn}`, order: { id: turn, paid: true } };
  speaker.channel(room).publish(data).catch(ignore);
  if (turn % 3 !== 0) return;
  const service = speaker.channel("time-service");
  service.request({ zone: turn % 30 === 0 ? "bad" : "UTC" }).catch(ignore);
}

function isBad(data: unknown): boolean {
  return JSON.stringify(data).includes("bad");
}
