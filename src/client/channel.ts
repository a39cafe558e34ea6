/**
 * One channel, as its users see it.
 *
 * @module
 */
import type { ChannelMessage } from "../protocol/server-frames.ts";
import type { ChannelState } from "./channel-state.ts";
import { failure, type SenteError } from "./errors.ts";
import { toJson } from "./json.ts";
import type { Published, PublishOptions } from "./publishing.ts";
import type { RequestOptions } from "./requests.ts";
import { type Asked, Responding } from "./responding.ts";
import { validated } from "./schema.ts";
import { Stream } from "./stream.ts";
import type { SubscribeOptions, Subscription } from "./subscription.ts";
import type { ChannelSchemas, Data } from "./types.ts";

/** A message of a channel. */
export interface Message<Content = unknown> {
  readonly data: Content;
  readonly channelId: string;
  readonly messageId: string;
  /** Its number; none if it is ephemeral. */
  readonly seq: number | undefined;
  /** When it was published, in ms since the Unix epoch. */
  readonly publishedAt: number;
  /** Whose connection published it; null for HTTP and other Workers. */
  readonly senderConnId: string | null;
  /** The user who published it; null for an anonymous one. */
  readonly senderUserId: string | null;
  /** Whether it was handed over on (re)subscribing, not as it came. */
  readonly replayed: boolean;
}

/** Messages, one after another; ending the loop unsubscribes. */
export type Messages<Content> = AsyncIterableIterator<Message<Content>> & {
  /** Rejects when it is refused; the loop throws the same. */
  readonly subscription: Promise<Subscription>;
};

/** What an answering function returns: an answer, or parts of one. */
export type Answer<Content> =
  | Content
  | Promise<Content>
  | AsyncIterable<Content>;

/** Answers a channel's requests until it is stopped. */
export interface Responder {
  readonly channelId: string;
  /** Resolves when it takes no more requests; with why, unless it was stopped. */
  readonly ended: Promise<SenteError | undefined>;
  /** No more requests are taken; those that were are answered still. */
  stop(): Promise<void>;
}

/**
 * One channel. `Out` is what may be sent, `In` what comes.
 *
 * What is sent waits while there is no connection, and so does subscribing.
 */
export class Channel<Out extends Data = Data, In extends Data = Data> {
  /** The channel-id. */
  readonly id: string;
  readonly #state: () => ChannelState;
  readonly #onError: (error: unknown) => void;
  readonly #schemas: ChannelSchemas;

  /**
   * @internal Use {@link Client.channel}.
   * @param state throws when the client is closed.
   */
  constructor(
    id: string,
    state: () => ChannelState,
    onError: (error: unknown) => void,
    schemas: ChannelSchemas,
  ) {
    this.id = id;
    this.#state = state;
    this.#onError = onError;
    this.#schemas = schemas;
  }

  /**
   * Subscribes: the newest messages that the channel retains come first, or,
   * with `since`, those after it; then each as it is published. A break of the
   * connection loses, repeats and reorders none, as long as the channel holds
   * what came meanwhile; if not, the subscription tells of a `gap`.
   *
   * @returns when the server has subscribed it.
   * @throws {SenteError} when the server refuses.
   */
  async subscribe(
    handler: (message: Message<In["message"]>) => unknown,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#subscribe(handler, options).ready;
  }

  /**
   * Subscribes as {@link subscribe} does, for `for await`. A message counts as
   * processed when the loop asks for the next one.
   */
  messages(
    options: Omit<SubscribeOptions, "sequential"> = {},
  ): Messages<In["message"]> {
    const stream = new Stream<Message<In["message"]>>(
      (message) => message,
      () => subscription.unsubscribe(),
    );
    const subscription = this.#subscribe((message) => stream.push(message), {
      ...options,
      sequential: true,
    });
    subscription.on("end", ({ error }) => stream.end(error));
    subscription.ready.catch((error) => stream.end(error));
    return Object.assign(stream, { subscription: subscription.ready });
  }

  /**
   * Publishes. What is not acknowledged when the connection breaks is sent
   * again over the next one, in order, and published once.
   *
   * @returns when the message is stored and handed to every subscriber.
   * @throws {QueueFullError} when `maxQueued` messages wait already.
   * @throws {TimeoutError} when it could not be sent within `publishTimeoutMs`.
   * @throws {OutcomeUnknownError} when it was sent and not acknowledged.
   * @throws {SenteError} when the server refuses.
   */
  async publish(
    data: Out["message"],
    options: PublishOptions = {},
  ): Promise<Published> {
    const check = validated(this.#schemas.message, data, "the message");
    if (check instanceof Promise) await check;
    return this.#state().publishing.publish(toJson(data), options);
  }

  /**
   * Asks whoever responds on the channel.
   *
   * @returns the answer.
   * @throws {RemoteError} when the service failed.
   * @throws {NoSubscribersError} when nobody responds, known at once.
   * @throws {TimeoutError} | {@link RespondersGoneError} |
   * {@link ConnectionLostError} | {@link OutcomeUnknownError}
   * @throws the signal's reason when that aborts.
   */
  async request(
    data: Out["request"],
    options: RequestOptions = {},
  ): Promise<In["answer"]> {
    return this.#checkAnswer(await this.#ask(data, options, () => {}));
  }

  /**
   * Asks, and gives each part of the answer as it comes; last the final one,
   * unless that is null. Leaving the loop cancels the request.
   */
  requestParts(
    data: Out["request"],
    options: RequestOptions = {},
  ): AsyncIterableIterator<In["answer"]> {
    const left = new AbortController();
    const signals = [left.signal, options.signal ?? left.signal];
    const signal = AbortSignal.any(signals);
    const stream = new Stream<In["answer"]>(
      (answer) => this.#checkAnswer(answer),
      () => left.abort(),
    );
    const onPart = (part: unknown) => {
      stream.push(part);
    };
    this.#ask(data, { ...options, signal }, onPart)
      .then((answer) => {
        if (answer !== null) onPart(answer);
        stream.end();
      })
      .catch((error) => stream.end(error));
    return stream;
  }

  /**
   * Answers the channel's requests from now on, across breaks of the
   * connection. An error that is thrown is the answer, without its stack; an
   * async generator answers in parts.
   *
   * @returns when the server knows of it.
   * @throws {SenteError} when the server refuses, or this client responds on
   * the channel already.
   */
  async respond(
    answering: (request: Asked<In["request"]>) => Answer<Out["answer"]>,
  ): Promise<Responder> {
    const { request, answer } = this.#schemas;
    const state = this.#state();
    if ([...state.responding].some(({ isOpen }) => isOpen)) {
      throw failure("responding", `respond on "${this.id}" once more`);
    }
    const responding = new Responding(
      state,
      async (asked) => {
        const data = await validated(request, asked.data, "the request");
        return answering({ ...asked, data } as Asked<In["request"]>);
      },
      (data) => validated(answer, data, "the answer"),
    );
    let resolve: (error: SenteError | undefined) => void = () => {};
    const ended = new Promise<SenteError | undefined>((settle) => {
      resolve = settle;
    });
    const onEnd = (error: SenteError | undefined) => {
      responding.close();
      resolve(error);
    };
    const subscription = state.subscribe(
      { deliver: () => {}, isLiveOnly: true, onEnd },
      { retainedLimit: 0 },
    );
    responding.subscription = subscription;
    state.responding.add(responding);
    await subscription.ready;
    return {
      channelId: this.id,
      ended,
      stop: async () => {
        await subscription.unsubscribe();
        await responding.stop();
      },
    };
  }

  async #ask(
    data: Out["request"],
    options: RequestOptions,
    onPart: (part: unknown) => void,
  ): Promise<unknown> {
    const check = validated(this.#schemas.request, data, "the request");
    if (check instanceof Promise) await check;
    return this.#state().requests.ask(toJson(data), options, onPart);
  }

  #checkAnswer(answer: unknown): In["answer"] {
    return validated(this.#schemas.answer, answer, "the answer");
  }

  #subscribe(
    handler: (message: Message<In["message"]>) => unknown,
    options: SubscribeOptions,
  ): Subscription {
    options.signal?.throwIfAborted();
    const state = this.#state();
    const deliver = (message: ChannelMessage, replayed: boolean) => {
      const hand = (data: unknown) => {
        const outcome = handler({
          data: data as In["message"],
          channelId: message["channel-id"],
          messageId: message["message-id"],
          seq: message.seq,
          publishedAt: message["published-at"],
          senderConnId: message["sender-conn-id"],
          senderUserId: message["sender-user-id"],
          replayed,
        });
        if (!(outcome instanceof Promise)) return;
        if (options.sequential) return outcome;
        outcome.catch(this.#onError);
      };
      const what = `message ${message["message-id"]} of "${this.id}"`;
      const data = validated(this.#schemas.message, message.data, what);
      return data instanceof Promise ? data.then(hand) : hand(data);
    };
    return state.subscribe({ deliver }, options);
  }
}
