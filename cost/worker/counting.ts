/**
 * The service, with objects that count what the platform would bill:
 * `POST /counts` answers what was counted since it was last asked.
 *
 * @module
 */
import {
  createWorker,
  type Env,
  Channel as OriginalChannel,
  Registry as OriginalRegistry,
} from "../../src/index.ts";
import { COUNTS_PATH, type Counts, type ObjectCounts } from "../counts.ts";
import { type Entry, Meter, takeWorkerLines } from "./meter.ts";

export { SenteLite, User } from "../../src/index.ts";

/** The meters of one class of objects, by name: they outlive hibernation. */
class Meters {
  readonly #byName = new Map<string, Meter>();
  readonly #byObject = new WeakMap<object, Meter>();

  /** Has all that reaches objects of a class counted. */
  watch(counting: object, original: object): void {
    const meters = this;
    for (const name of Object.getOwnPropertyNames(original)) {
      const method: unknown = Reflect.get(original, name);
      if (name === "constructor" || typeof method !== "function") continue;
      const value = function (this: object, ...args: unknown[]): unknown {
        return meters.#of(this).enter(entryOf(name), () => {
          return Reflect.apply(method, this, args);
        });
      };
      Object.defineProperty(counting, name, { value });
    }
  }

  /** To be called before an object is constructed. */
  attach(ctx: DurableObjectState): DurableObjectState {
    const name = String(ctx.id.name);
    const meter = this.#byName.get(name) ?? new Meter();
    this.#byName.set(name, meter);
    meter.attach(ctx.storage);
    return ctx;
  }

  /** To be called when it is. */
  own(object: object, ctx: DurableObjectState): void {
    const meter = this.#byName.get(String(ctx.id.name));
    if (meter !== undefined) this.#byObject.set(object, meter);
  }

  take(): Record<string, ObjectCounts> {
    return Object.fromEntries(
      [...this.#byName].map(([name, meter]) => [name, meter.take()]),
    );
  }

  #of(object: object): Meter {
    const meter = this.#byObject.get(object);
    if (meter === undefined) throw new Error("an object without a meter");
    return meter;
  }
}

/** How the platform bills a handler; a socket's end is free. */
function entryOf(method: string): Entry | undefined {
  switch (method) {
    case "fetch":
      return "upgrades";
    case "alarm":
      return "alarms";
    case "webSocketMessage":
      return "messages";
    case "webSocketClose":
    case "webSocketError":
      return undefined;
    default:
      return "calls";
  }
}

const channels = new Meters();
const registries = new Meters();

export class Channel extends OriginalChannel {
  constructor(ctx: DurableObjectState, env: Env) {
    super(channels.attach(ctx), env);
    channels.own(this, ctx);
  }
}
channels.watch(Channel.prototype, OriginalChannel.prototype);

export class Registry extends OriginalRegistry {
  constructor(ctx: DurableObjectState, env: Env) {
    super(registries.attach(ctx), env);
    registries.own(this, ctx);
  }
}
registries.watch(Registry.prototype, OriginalRegistry.prototype);

const service = createWorker();
let requests = 0;

export default {
  fetch(
    request: Request,
    env: Env,
    ctx: ExecutionContext,
  ): Promise<Response> | Response {
    if (new URL(request.url).pathname !== COUNTS_PATH) {
      requests++;
      return service.fetch(request, env, ctx);
    }
    const counts: Counts = {
      requests,
      lines: takeWorkerLines(),
      channels: channels.take(),
      registries: registries.take(),
    };
    requests = 0;
    return Response.json(counts);
  },
};
