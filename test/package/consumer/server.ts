/** A Worker that hosts the service, as far as types go. */
import {
  Channel,
  type ChannelConfig,
  type ChannelInfo,
  type ChannelPage,
  createWorker,
  type Done,
  type Env,
  type Health,
  type Json,
  type ListOptions,
  type PartialChannelConfig,
  type PublishOptions,
  type PublishResult,
  Registry,
  type RequestOptions,
  type RpcAnswer,
  type RpcOutcome,
  SenteLite,
  type ServerStats,
  User,
  type Variables,
} from "sente-lite";

export { Channel, Registry, SenteLite, User };

interface Bindings extends Env {
  readonly SENTE: Service<SenteLite>;
}

const service = createWorker();

export default {
  async fetch(request, env, ctx) {
    const sente = env.SENTE;
    const config: PartialChannelConfig = { "message-retention": 1 };
    const created: Done = await sente.createChannel("chat", config);
    // @ts-expect-error: it is a number.
    await sente.createChannel("chat", { "message-retention": "1" });
    // @ts-expect-error: there is no such setting.
    await sente.createChannel("chat", { retention: 1 });
    const data: Json = { text: "hello" };
    const how: PublishOptions = { ephemeral: true };
    const published: PublishResult = await sente.publish("chat", data, how);
    // @ts-expect-error: a function is not JSON.
    await sente.publish("chat", { call: () => {} });
    const asking: RequestOptions = { timeoutMs: 100, deliverTo: "one" };
    const outcome = await sente.sendRpcRequest("chat", 1, asking);
    if (outcome.ok) {
      const answer: RpcAnswer = outcome.answer;
      console.log(answer["responder-conn-id"], Object(answer.data).time);
    } else {
      console.log(outcome.reason);
    }
    const info: ChannelInfo | null = await sente.getChannelInfo("chat");
    const whole: ChannelConfig | undefined = info?.config;
    const which: ListOptions = { prefix: "chat-" };
    const page: ChannelPage = await sente.listChannels(which);
    const stats: ServerStats = await sente.getServerStats();
    const health: Health = await sente.getHealth();
    const alice = await sente.as("a token");
    await alice.publish("chat", 1);
    const same: RpcOutcome = outcome;
    console.log(same, created, published, whole, page, stats, health);
    return service.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Bindings>;

export const variables: Variables = { AUTH: "open", HEARTBEAT_MS: 1_000 };
// @ts-expect-error: there is no such variable.
export const wrong: Variables = { HEARTBEAT: 1_000 };
