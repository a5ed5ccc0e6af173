import { getRouteApi } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { Capture } from "../api/types";
import { captureColumns } from "../ui/captureColumns";
import { DataTable } from "../ui/DataTable";
import { Empty } from "../ui/Problem";

const route = getRouteApi("/collections/$id");

/** The texts that a collection recorded. */
export function CapturesTab({ id }: { id: string }) {
  const navigate = route.useNavigate();
  const list = useList<Capture>({
    key: ["collections", id, "captures"],
    read: (page) => ask(api.GET("/collections/{id}/captures", { params: { path: { id }, query: page } })),
  });
  return (
    <DataTable
      label="Captures of this collection"
      columns={captureColumns}
      {...list}
      rowKey={(each) => each.id}
      onOpen={(each) => void navigate({ to: "/captures/$id", params: { id: each.id }, search: {} })}
      empty={<Empty title="Nothing was captured" />}
    />
  );
}
