/**
 * The question before a channel is deleted.
 *
 * @module
 */
import { useState } from "preact/hooks";

import { missingGrant } from "../service/access.ts";
import { ServiceError, wordsOf } from "../service/ask.ts";
import { deleteChannel } from "../service/channels.ts";
import { Dialog } from "../ui/dialog.tsx";

export function DeleteDialog({
  id,
  onClose,
  onDeleted,
}: {
  readonly id: string;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  const remove = async () => {
    setBusy(true);
    setRefused("");
    try {
      await deleteChannel(id);
      onDeleted();
    } catch (error) {
      setBusy(false);
      const missing =
        error instanceof ServiceError ? missingGrant(error) : undefined;
      setRefused(missing ?? wordsOf(error));
    }
  };
  return (
    <Dialog title="Delete this channel?" onClose={onClose}>
      <p>
        <strong class="name">{id}</strong> goes with all its messages. Whoever
        is subscribed is told, and open requests end. Nobody can undo that.
      </p>
      {refused !== "" && (
        <p class="wrong" role="alert">
          {refused}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" class="danger" disabled={busy} onClick={remove}>
          {busy ? "Deleting…" : "Delete it"}
        </button>
      </div>
    </Dialog>
  );
}
