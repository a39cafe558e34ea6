/**
 * What a behaviour needs, wherever it runs: in Node, in a page or in a Worker.
 * Nothing here or beside it may need anything that only one of them has.
 *
 * @module
 */
import {
  type Client,
  type ConnectOptions,
  connect,
} from "../../../src/client/index.ts";

/** Where things are. */
export interface Place {
  /** The service's, `ws://…/ws`. */
  readonly url: string;
  /** Where tokens are issued: see `TokenWish`. */
  readonly tokens: string;
}

/** What a token is to say. */
export interface TokenWish {
  readonly sub?: string;
  /** From now, in s; negative is over. */
  readonly ttl?: number;
  /** Operations by pattern of channel-ids. Default: everything. */
  readonly channels?: Readonly<Record<string, readonly string[]>>;
}

/** What a behaviour is given. */
export interface World {
  readonly url: string;
  /** A client that may do everything, unless the options say otherwise. */
  connect(options?: ConnectOptions): Client;
  /** Fetches a new token. */
  token(wish?: TokenWish): Promise<string>;
  /** A channel-id that nobody else uses. */
  channel(about: string): string;
}

/** What users rely on; rejects when it does not hold. */
export type Behaviour = (world: World) => Promise<void>;

/** How long anything may take, in ms. */
const PATIENCE_MS = 10_000;

/** Runs a behaviour, and closes all its clients. */
export async function run(behaviour: Behaviour, place: Place): Promise<void> {
  const clients: Client[] = [];
  const token: World["token"] = async (wish = {}) => {
    const asked = encodeURIComponent(JSON.stringify(wish));
    const response = await fetch(`${place.tokens}?wish=${asked}`);
    return response.text();
  };
  const world: World = {
    url: place.url,
    token,
    connect: (options) => {
      const client = connect(place.url, { token: () => token(), ...options });
      clients.push(client);
      return client;
    },
    channel: (about) => `${about}-${crypto.randomUUID().slice(0, 8)}`,
  };
  try {
    await within("the behaviour", behaviour(world));
  } finally {
    await within("closing", Promise.all(clients.map((each) => each.close())));
  }
}

/** `promise`, or a rejection where it takes too long. */
export function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not in ${PATIENCE_MS} ms: ${what}`));
    }, PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** @throws when the two are not the same as JSON. */
export function equal(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`it is ${is}, not ${should}`);
}

/** @throws unless the promise rejects with such an error, which it returns. */
export async function fails(
  promise: Promise<unknown>,
  name: string,
): Promise<Error> {
  const error = await within(
    name,
    promise.then(
      () => new Error("it did not fail"),
      (error: Error) => error,
    ),
  );
  if (error.name !== name) {
    throw new Error(`it is not a ${name}`, { cause: error });
  }
  return error;
}

/** What comes one after another, and can be waited for. */
export class Coming<T> {
  readonly all: T[] = [];
  #onChange = () => {};

  /** Adds one. Bound, so that it can be a handler. */
  readonly add = (each: T): void => {
    this.all.push(each);
    this.#onChange();
  };

  /** Resolves when so many have come. */
  async are(count: number): Promise<readonly T[]> {
    const enough = async () => {
      while (this.all.length < count) {
        await new Promise<void>((resolve) => {
          this.#onChange = resolve;
        });
      }
    };
    await within(`${count}, not ${JSON.stringify(this.all)}`, enough());
    return this.all;
  }

  /** Resolves with the first that is such. */
  async first(matches: (each: T) => boolean): Promise<T> {
    for (let i = 0; ; i++) {
      const each = (await this.are(i + 1))[i];
      if (each !== undefined && matches(each)) return each;
    }
  }
}
