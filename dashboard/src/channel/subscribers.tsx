/**
 * Who is subscribed to a channel.
 *
 * @module
 */
import type { SubscriberList } from "../../../src/protocol/answers.ts";
import { age, count, dateTime } from "../ui/format.ts";
import type { Asked } from "../ui/hooks.ts";
import { Loading, Notice, Refusal } from "../ui/notice.tsx";

/** More are not shown: they are looked for by other means. */
const SHOWN = 100;

export function Subscribers({
  asked: { value, error, again },
  now,
}: {
  readonly asked: Asked<{ readonly list: SubscriberList }>;
  readonly now: number;
}) {
  const list = value?.list;
  const subscribers = list?.subscribers ?? [];
  return (
    <section class="card" aria-label="Subscribers">
      <div class="cardhead">
        <h2>Subscribers</h2>
        <span class="hint">{count(list?.["subscriber-count"])}</span>
      </div>
      {error !== undefined && (
        <Refusal error={error} what="The subscribers" onAgain={again} />
      )}
      {list === undefined && error === undefined && (
        <Loading what="the subscribers" />
      )}
      {list !== undefined && subscribers.length === 0 && (
        <Notice title="Nobody is subscribed" />
      )}
      {subscribers.length > 0 && (
        <section
          class="scroll"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keyboard can scroll it
          tabIndex={0}
          aria-label="Subscribers, oldest first"
        >
          <table>
            <thead>
              <tr>
                <th scope="col">Connection</th>
                <th scope="col">User</th>
                <th scope="col">Since</th>
                <th scope="col">Via</th>
              </tr>
            </thead>
            <tbody>
              {subscribers.slice(0, SHOWN).map((each) => (
                <tr key={each["conn-id"]}>
                  <td class="code">{each["conn-id"]}</td>
                  <td>{each["user-id"] ?? <i>anonymous</i>}</td>
                  <td title={`${dateTime(each["subscribed-at"])} UTC`}>
                    {age(each["subscribed-at"], now)}
                  </td>
                  <td>{each.via}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {list !== undefined && list["subscriber-count"] > SHOWN && (
        <p class="hint">
          The first {SHOWN} of {count(list["subscriber-count"])}.
        </p>
      )}
    </section>
  );
}
