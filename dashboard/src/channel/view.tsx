/**
 * One channel: how it is set, who listens, what is said; and boxes to say and
 * to ask something.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";

import { DeleteDialog } from "../channels/delete.tsx";
import {
  type ChannelInfo,
  readChannel,
  readSubscribers,
} from "../service/channels.ts";
import { age, count, dateTime } from "../ui/format.ts";
import { useAsked, useNow, useTitle } from "../ui/hooks.ts";
import { Loading, Notice, Refusal } from "../ui/notice.tsx";
import { AskBox } from "./ask.tsx";
import { Configuration } from "./configuration.tsx";
import { Meters } from "./meters.tsx";
import { PublishBox } from "./publish.tsx";
import { Retained } from "./retained.tsx";
import { useSession } from "./session.ts";
import { Subscribers } from "./subscribers.tsx";
import { useTail } from "./tail.ts";
import { TailCard } from "./tail-card.tsx";

/** How often the channel itself is asked, in ms. */
const EVERY_MS = 2_000;

export function ChannelView({
  id,
  token,
}: {
  readonly id: string;
  readonly token: string | undefined;
}) {
  useTitle(id);
  const info = useAsked(id, EVERY_MS, () => readChannel(id));
  const [deleting, setDeleting] = useState(false);
  const isGone = info.error?.reason === "channel-not-found";
  return (
    <>
      <p class="crumb">
        <a href="#/channels">← Channels</a>
      </p>
      <div class="heading">
        <h1 class="name">{id}</h1>
        {info.value !== undefined && !isGone && (
          <button
            type="button"
            class="danger"
            onClick={() => setDeleting(true)}
          >
            Delete
          </button>
        )}
      </div>
      {isGone && (
        <Notice title="There is no such channel">
          {info.value === undefined
            ? "It was never created, or it was deleted."
            : "It was deleted while you were looking."}{" "}
          <a href="#/channels">All channels</a>
        </Notice>
      )}
      {info.error !== undefined && !isGone && (
        <Refusal error={info.error} what="The channel" onAgain={info.again} />
      )}
      {info.value === undefined && info.error === undefined && (
        <Loading what="the channel" />
      )}
      {info.value !== undefined && !isGone && (
        <Body id={id} info={info.value} token={token} />
      )}
      {deleting && (
        <DeleteDialog
          id={id}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            location.hash = "#/channels";
          }}
        />
      )}
    </>
  );
}

function Body({
  id,
  info,
  token,
}: {
  readonly id: string;
  readonly info: ChannelInfo;
  readonly token: string | undefined;
}) {
  const now = useNow();
  const tail = useTail(id, token, true);
  const session = useSession(token);
  const subscribers = useAsked(id, EVERY_MS, async () => {
    const asked = Date.now();
    const list = await readSubscribers(id);
    // Half of the round trip later than when it was told.
    const middle = (asked + Date.now()) / 2;
    return { list, ahead: list["server-time"] - middle };
  });
  const ahead = subscribers.value?.ahead;
  useEffect(() => {
    if (ahead !== undefined) tail.meter.ahead = ahead;
  }, [ahead, tail.meter]);
  return (
    <>
      <dl class="facts">
        <Fact name="Subscribers" value={count(info["subscriber-count"])} />
        <Fact name="Messages" value={count(info["message-count"])} />
        <Fact
          name="Open requests"
          value={count(info["pending-rpc-requests"])}
        />
        <Fact
          name="Age"
          value={age(info["created-at"], now)}
          title={`created ${dateTime(info["created-at"])} UTC`}
        />
      </dl>
      <Meters meter={tail.meter} now={now} />
      <div class="columns">
        <div class="column">
          <TailCard tail={tail} />
          <Retained id={id} seq={info.seq} epoch={info.epoch} now={now} />
        </div>
        <div class="column">
          <PublishBox id={id} session={session} />
          <AskBox id={id} session={session} />
          <Subscribers asked={subscribers} now={now} />
          <Configuration config={info.config} epoch={info.epoch} />
        </div>
      </div>
    </>
  );
}

function Fact({
  name,
  value,
  title,
}: {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
}) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
