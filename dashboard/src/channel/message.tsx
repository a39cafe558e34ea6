/**
 * One message in a list.
 *
 * @module
 */
import { pretty } from "../ui/format.ts";

export function MessageItem({
  seq,
  when,
  sender,
  data,
  isOld = false,
}: {
  readonly seq: number | undefined;
  readonly when: string;
  readonly sender: string | null;
  readonly data: unknown;
  /** Whether it was said before anybody looked. */
  readonly isOld?: boolean;
}) {
  return (
    <li class={isOld ? "message old" : "message"}>
      <p class="meta">
        <span class="seq">{seq === undefined ? "ephemeral" : `#${seq}`}</span>
        <span>{when}</span>
        <span class="from" title={sender ?? undefined}>
          {sender ?? "over HTTP or from a Worker"}
        </span>
        {isOld && <span>retained</span>}
      </p>
      <pre>{pretty(data)}</pre>
    </li>
  );
}
