/**
 * All channels: to search, to create one, to delete one.
 *
 * @module
 */
import { useEffect, useMemo, useState } from "preact/hooks";

import { hrefOfChannel } from "../route.ts";
import { count } from "../ui/format.ts";
import { useTitle } from "../ui/hooks.ts";
import { Loading, Notice, Refusal } from "../ui/notice.tsx";
import { CreateDialog } from "./create.tsx";
import { DeleteDialog } from "./delete.tsx";
import { MAX_LISTED, useListing } from "./load.ts";
import { arrange, type Order, turned } from "./order.ts";
import { ChannelTable } from "./table.tsx";

/** How long somebody stops typing before the service is asked, in ms. */
const TYPING_MS = 250;

export function ChannelsView() {
  useTitle("Channels");
  const [search, setSearch] = useState("");
  const [prefix, setPrefix] = useState("");
  const [order, setOrder] = useState<Order>({ by: "id", descending: false });
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const listing = useListing(prefix);
  const { channels, state, error, isCut, again } = listing;
  const isSearchedThere = isCut || prefix !== "";
  useEffect(() => {
    // What is here in full is searched here; the rest the service looks for.
    if (!isSearchedThere) return;
    const timer = setTimeout(() => setPrefix(search), TYPING_MS);
    return () => clearTimeout(timer);
  }, [search, isSearchedThere]);
  const shown = useMemo(
    () => arrange(channels, search, order),
    [channels, search, order],
  );
  return (
    <>
      <div class="heading">
        <h1>Channels</h1>
        <p class="sub" role="status">
          {said(channels.length, shown.length, search, state === "loading")}
        </p>
      </div>
      <div class="toolbar">
        <label class="search">
          <span class="unseen">Search channels</span>
          <input
            type="search"
            placeholder="Search channels"
            value={search}
            spellcheck={false}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <button type="button" class="main" onClick={() => setCreating(true)}>
          New channel
        </button>
      </div>
      {isCut && (
        <p class="hint">
          The first {count(MAX_LISTED)} channels
          {prefix === "" ? "" : ` that begin with “${prefix}”`}; a search asks
          the service for those that begin with it.
        </p>
      )}
      {error !== undefined && state === "failed" && (
        <Refusal error={error} what="The channels" onAgain={again} />
      )}
      {channels.length > 0 && shown.length > 0 && (
        <ChannelTable
          channels={shown}
          order={order}
          onOrder={(column) => setOrder(turned(order, column))}
          onDelete={setDeleting}
        />
      )}
      {channels.length === 0 && state === "loading" && (
        <Loading what="the channels" />
      )}
      {shown.length === 0 && state === "there" && (
        <Nothing search={search} onCreate={() => setCreating(true)} />
      )}
      {creating && (
        <CreateDialog
          onClose={() => setCreating(false)}
          onCreated={(id) => {
            location.hash = hrefOfChannel(id);
          }}
        />
      )}
      {deleting !== undefined && (
        <DeleteDialog
          id={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => {
            setDeleting(undefined);
            again();
          }}
        />
      )}
    </>
  );
}

function said(
  all: number,
  shown: number,
  search: string,
  isLoading: boolean,
): string {
  if (isLoading) return all === 0 ? "" : `${count(all)} so far…`;
  return search === "" ? count(all) : `${count(shown)} of ${count(all)}`;
}

function Nothing({
  search,
  onCreate,
}: {
  readonly search: string;
  readonly onCreate: () => void;
}) {
  if (search !== "") {
    return (
      <Notice title="No channel fits">
        Nothing is called anything with “{search}” in it.
      </Notice>
    );
  }
  return (
    <Notice title="There is no channel yet, or none that your token shows">
      <p>
        Subscribing creates a channel, unless the service is set otherwise; here
        you make one with settings.
      </p>
      <button type="button" onClick={onCreate}>
        New channel
      </button>
    </Notice>
  );
}
