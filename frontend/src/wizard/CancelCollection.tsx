import { useMutation } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import type { Collection } from "../api/types";
import { Confirm } from "../ui/Confirm";
import { IconStop } from "../ui/icons";

interface Props {
  id: string;
  /** With the collection as it is then. */
  onCancelled: (collection: Collection) => void;
}

/** Ends a collection that runs, after a question. */
export function CancelCollection({ id, onCancelled }: Props) {
  const cancel = useMutation({
    mutationFn: () => ask(api.POST("/collections/{id}/cancel", { params: { path: { id } } })),
    onSuccess: onCancelled,
  });
  return (
    <Confirm
      label="Cancel"
      icon={<IconStop size={16} />}
      title="Cancel this collection?"
      confirm="Cancel it"
      loading={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate()}
    >
      Devices that wait are not started, those that run are stopped. What was recorded stays, and the rest can
      be retried later.
    </Confirm>
  );
}
