import { getRouteApi } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { Capture } from "../api/types";
import { bytes } from "../format";
import { TypeTitles } from "../ui/captureTypes";
import { type Column, DataTable } from "../ui/DataTable";
import { Empty } from "../ui/Problem";
import { VerdictChip } from "../ui/Status";

const route = getRouteApi("/collections/$id");

const columns: Column<Capture>[] = [
  {
    key: "verdict",
    title: "Verdict",
    width: "124px",
    cell: (each) => <VerdictChip verdict={each.verdict} />,
  },
  {
    key: "device",
    title: "Device",
    width: "minmax(110px, 1.4fr)",
    cell: (each) => <b>{each.device_name}</b>,
  },
  {
    key: "type",
    title: "Capture type",
    width: "minmax(110px, 1fr)",
    cell: (each) => <TypeTitles slugs={[each.capture_type]} />,
  },
  {
    key: "command",
    title: "Command",
    width: "minmax(120px, 2fr)",
    from: "md",
    cell: (each) => <span className="sr-mono">{each.commands.join(" ; ")}</span>,
  },
  {
    key: "size",
    title: "Size",
    width: "80px",
    align: "right",
    from: "sm",
    cell: (each) => bytes(each.bytes),
  },
];

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
      columns={columns}
      {...list}
      rowKey={(each) => each.id}
      onOpen={(each) => void navigate({ to: "/captures/$id", params: { id: each.id }, search: {} })}
      empty={<Empty title="Nothing was captured" />}
    />
  );
}
