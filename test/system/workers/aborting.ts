/**
 * The service with channels that can be told to break down in the middle of a
 * flush: `POST /traps/:id?when=…&in=…` has the channel's object abort at its
 * n-th transaction from now, `GET /traps` counts what happened so far.
 * `POST /aborts` aborts all objects at once, under the living Worker.
 *
 * @module
 */
import {
  createWorker,
  type Env,
  Channel as Original,
} from "../../../src/index.ts";

export { Registry, SenteLite, User } from "../../../src/index.ts";

/**
 * At which moment of a flush the object aborts: before its transaction, after
 * it and before the frames go out, or when the transaction is durable and the
 * frames are lost.
 */
type Moment = "before" | "after" | "unsent";

interface Trap {
  readonly when: Moment;
  left: number;
}

/** How often each channel's object has aborted, in this process. */
const sprung: Record<string, number> = {};

const muted = new WeakSet<WebSocket>();
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (this: WebSocket, message): void {
  if (!muted.has(this)) send.call(this, message);
};

export class Channel extends Original {
  readonly #trap: { set?: Trap | undefined };

  constructor(ctx: DurableObjectState, env: Env) {
    const trap: { set?: Trap | undefined } = {};
    const { storage } = ctx;
    const transactionSync = storage.transactionSync.bind(storage);
    const abort = (): never => {
      const id = String(ctx.id.name);
      sprung[id] = (sprung[id] ?? 0) + 1;
      ctx.abort("the test wants it so");
      throw new Error("aborted");
    };
    storage.transactionSync = <T>(closure: () => T): T => {
      const { set } = trap;
      if (set === undefined || --set.left > 0) return transactionSync(closure);
      trap.set = undefined;
      if (set.when === "before") return abort();
      const result = transactionSync(closure);
      if (set.when === "after") return abort();
      for (const socket of ctx.getWebSockets()) muted.add(socket);
      void storage.sync().then(abort);
      return result;
    };
    super(ctx, env);
    this.#trap = trap;
  }

  setTrap(when: Moment, left: number): void {
    this.#trap.set = { when, left };
  }
}

/**
 * The part of `workerd`'s own module for tests that is used. Its name is kept
 * from the bundler, which does not know it.
 */
interface Unsafe {
  readonly default: { abortAllDurableObjects(): Promise<void> };
}
const UNSAFE: string = "workerd:unsafe";

const service = createWorker();

export default {
  async fetch(
    request: Request,
    env: Env,
    ctx: ExecutionContext,
  ): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, first, id] = pathname.split("/");
    if (first === "aborts") {
      const unsafe: Unsafe = await import(UNSAFE);
      await unsafe.default.abortAllDurableObjects();
      return new Response();
    }
    if (first !== "traps") return service.fetch(request, env, ctx);
    if (id !== undefined) {
      const stub = env.CHANNEL.getByName(
        decodeURIComponent(id),
      ) as unknown as DurableObjectStub<Channel>;
      const when = searchParams.get("when") as Moment;
      await stub.setTrap(when, Number(searchParams.get("in") ?? 1));
    }
    return Response.json(sprung);
  },
};
