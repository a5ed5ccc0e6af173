import type { Capture } from "../api/types";
import { bytes } from "../format";
import { TypeTitles } from "./captureTypes";
import type { Column } from "./DataTable";
import { VerdictChip } from "./Status";

/** What every list of captures shows of one. */
export const captureColumns: Column<Capture>[] = [
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
    width: "minmax(130px, 1.8fr)",
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
