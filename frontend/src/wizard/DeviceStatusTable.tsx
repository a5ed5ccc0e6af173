import { Link } from "@tanstack/react-router";
import { duration } from "../format";
import type { SeenDevice } from "../progress";
import { type Column, DataTable } from "../ui/DataTable";
import { Empty } from "../ui/Problem";
import { StatusChip } from "../ui/Status";
import { failureWord, verdictWord } from "../words";

interface Props {
  devices: readonly SeenDevice[];
  loading: boolean;
  onOpen: (device: SeenDevice) => void;
}

const columns: Column<SeenDevice>[] = [
  { key: "status", title: "Status", width: "118px", cell: (device) => <StatusChip status={device.status} /> },
  { key: "name", title: "Device", width: "minmax(110px, 1.2fr)", cell: (device) => <Name device={device} /> },
  {
    key: "address",
    title: "Address",
    width: "minmax(110px, 0.8fr)",
    from: "lg",
    cell: (device) => <span className="sr-mono">{device.address}</span>,
  },
  {
    key: "platform",
    title: "Platform",
    width: "minmax(100px, 0.8fr)",
    from: "lg",
    cell: (device) => device.platform,
  },
  {
    key: "captures",
    title: "Captures",
    width: "minmax(112px, 0.9fr)",
    from: "sm",
    cell: (device) => <Captures device={device} />,
  },
  {
    key: "what",
    title: "What happened",
    width: "minmax(150px, 3fr)",
    cell: (device) => <span title={device.message}>{what(device)}</span>,
  },
  {
    key: "duration",
    title: "Time",
    width: "84px",
    align: "right",
    from: "sm",
    cell: (device) => (device.durationMs === undefined ? "" : duration(device.durationMs / 1000)),
  },
];

function Name({ device }: { device: SeenDevice }) {
  return (
    <Link
      from="/collections/$id/run"
      to="/collections/$id/run"
      search={(before) => ({ ...before, device: device.id })}
      replace
    >
      {device.name}
    </Link>
  );
}

function what(device: SeenDevice): string {
  if (device.message) return device.message;
  if (device.failureKind) return failureWord(device.failureKind);
  if (device.attempt > 1) return `Attempt ${device.attempt}`;
  return "";
}

function Captures({ device }: { device: SeenDevice }) {
  const captures = Object.values(device.captures);
  if (captures.length === 0) return null;
  const complete = captures.filter((capture) => capture.verdict === "complete").length;
  const rest = captures.filter((capture) => capture.verdict !== "complete");
  const others = rest
    .map((capture) => `${capture.captureType} ${verdictWord(capture.verdict).text.toLowerCase()}`)
    .join(", ");
  if (complete === 0) {
    return (
      <span className="sr-muted" title={others}>
        none complete
      </span>
    );
  }
  return (
    <span title={others || undefined}>
      {complete} complete
      {rest.length > 0 && (
        <span className="sr-muted">, {rest.length > 2 ? `${rest.length} not` : others}</span>
      )}
    </span>
  );
}

export function DeviceStatusTable({ devices, loading, onOpen }: Props) {
  return (
    <DataTable
      label="Devices of this collection"
      columns={columns}
      rows={devices}
      rowKey={(device) => device.id}
      onOpen={onOpen}
      loading={loading && devices.length === 0}
      rowHeight={42}
      maxHeight="460px"
      empty={<Empty title="No device matches">Choose another status or clear the search.</Empty>}
    />
  );
}
