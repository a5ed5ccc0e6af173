import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { queryClient } from "../api/queries";
import type { Collection } from "../api/types";
import { useCan } from "../app/role";
import { Confirm } from "../ui/Confirm";
import { IconTrash } from "../ui/icons";
import { CancelCollection } from "../wizard/CancelCollection";
import { Retry } from "../wizard/Retry";

const route = getRouteApi("/collections/$id");

/** What can be done with a collection as it stands, by whoever looks at it. */
export function CollectionActions({ collection, ended }: { collection: Collection; ended: boolean }) {
  const { id } = collection;
  const operator = useCan("operator");
  const actions = operator ? collection.actions : [];
  const navigate = route.useNavigate();
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/collections/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      void navigate({ to: "/collections", search: {} });
      queryClient.removeQueries({ queryKey: ["collections", id] });
      void queryClient.invalidateQueries({ queryKey: ["collections"] });
    },
  });
  return (
    <>
      {!ended && (
        <Button component={Link} to={`/collections/${encodeURIComponent(id)}/run`}>
          Watch it live
        </Button>
      )}
      {ended && (
        <Button variant="default" component={Link} to={`/collections/${encodeURIComponent(id)}/run`}>
          Map and log
        </Button>
      )}
      {actions.includes("retry") && collection.devices_failed > 0 && (
        <Retry
          collectionId={id}
          label="Retry failed devices"
          primary
          includeCancelled={collection.counts.cancelled > 0}
        />
      )}
      {actions.includes("cancel") && (
        <CancelCollection
          id={id}
          onCancelled={() => void queryClient.invalidateQueries({ queryKey: ["collections"] })}
        />
      )}
      {actions.includes("delete") && (
        <Confirm
          label="Delete"
          icon={<IconTrash size={16} />}
          title="Delete this collection?"
          confirm="Delete it"
          loading={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
        >
          Its history and its texts go, but the last good text of each device stays.
        </Confirm>
      )}
    </>
  );
}
