import { Button, Group, Loader, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, Fragment } from "react";
import { api, ask } from "../api/client";
import type { Location, Sighting } from "../api/types";
import { plural } from "../format";
import { type Column, DataTable } from "../ui/DataTable";
import { IconGraph, IconPin, IconSearch, IconTable } from "../ui/icons";
import { Facts, Page, Panel } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { Chip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { useAddressed } from "../ui/useAddressed";
import type { Word } from "../words";

const route = getRouteApi("/locate");

const SOURCE: Record<string, string> = {
  mac_table: "MAC table",
  arp: "ARP table",
  neighbor: "LLDP",
  interface: "interfaces",
};

function wordOf(each: Sighting): Word {
  if (!each.current) return { text: "Was here", tone: "warn" };
  if (each.source === "interface") return { text: "Its own port", tone: "good" };
  if (each.edge) return { text: "Attached here", tone: "good" };
  // An ARP table says who has an address, not where it is attached.
  if (each.source === "arp") return { text: "In ARP", tone: "idle" };
  return { text: "Passes here", tone: "idle" };
}

const columns: Column<Sighting>[] = [
  {
    key: "where",
    title: "Where",
    width: "140px",
    cell: (each) => (
      <Chip
        word={wordOf(each)}
        icon={
          !each.current ? undefined : each.edge ? (
            <IconPin size={15} />
          ) : each.source === "arp" ? (
            <IconTable size={15} />
          ) : (
            <IconGraph size={15} />
          )
        }
      />
    ),
  },
  {
    key: "device",
    title: "Device",
    width: "minmax(96px, 1fr)",
    cell: (each) =>
      each.device_name === undefined ? (
        <span className="sr-muted">taken away</span>
      ) : (
        <Link to="/devices/$id" params={{ id: each.device_id }}>
          {each.device_name}
        </Link>
      ),
  },
  {
    key: "interface",
    title: "Port",
    // The answer itself: it is never cut.
    width: "minmax(196px, 1.5fr)",
    cell: (each) => <span className="sr-mono sr-any">{each.interface}</span>,
  },
  { key: "vlan", title: "VLAN", width: "46px", from: "sm", cell: (each) => each.vlan },
  {
    key: "source",
    title: "Known from",
    width: "minmax(88px, 0.7fr)",
    from: "md",
    cell: (each) => SOURCE[each.source] ?? each.source,
  },
  {
    key: "what",
    title: "With",
    width: "minmax(130px, 0.9fr)",
    from: "lg",
    cell: (each) => <span className="sr-mono">{each.address ?? each.mac}</span>,
  },
  {
    key: "macs",
    title: "Behind it",
    width: "66px",
    align: "right",
    from: "lg",
    cell: (each) => (each.macs_on_port === undefined ? "" : plural(each.macs_on_port, "MAC")),
  },
  {
    key: "last",
    title: "Last seen",
    width: "128px",
    from: "sm",
    cell: (each) => <Ago at={each.last_seen_at} />,
  },
];

/** Which port is it on: by MAC address, IP address or name. */
export function Locate() {
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const [text, setText] = useAddressed(q);
  const found = useQuery({
    queryKey: ["locate", q],
    queryFn: () => ask(api.GET("/locate", { params: { query: { q: q ?? "" } } })),
    enabled: q !== undefined,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    void navigate({ search: wanted === "" ? {} : { q: wanted } });
  };
  const data = found.data;
  const places = data?.sightings.filter((each) => each.current && each.edge) ?? [];
  const best = places[0];
  const ports = new Set(places.map((each) => `${each.device_id} ${each.interface}`));
  const others = ports.size - 1;
  const itself = data === undefined ? [] : devicesOf(data);
  return (
    <Page title="Locate" lead="The port where something is attached, by its MAC address, IP address or name.">
      <form onSubmit={submit}>
        <Group gap="sm" align="flex-end">
          <TextInput
            label="MAC address, IP address or name"
            placeholder="00:1b:54:aa:bb:cc, 10.20.30.40, ap-3-17"
            leftSection={<IconSearch size={16} />}
            data-search
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            style={{ flex: "1 1 260px", maxWidth: 520 }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit">Locate</Button>
        </Group>
      </form>
      {q === undefined ? (
        <div className="sr-panel">
          <Empty title="What are you looking for?">
            Any notation of a MAC address will do, and its first bytes too. What is asked are the MAC, ARP,
            neighbor and interface tables that were collected last.
          </Empty>
        </div>
      ) : data === undefined ? (
        found.error ? (
          <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
        ) : (
          <Loader aria-label="Looking" />
        )
      ) : (
        <>
          <Stale of={[found]} />
          {best && (
            <Notice
              tone="good"
              icon={<IconPin size={20} />}
              title={`${best.source === "interface" ? "It is" : "On"} ${best.interface ?? "a port"} of ${best.device_name ?? "a device that was taken away"}`}
              role="status"
            >
              <Text size="sm">
                {best.vlan && `VLAN ${best.vlan}, `}seen <Ago at={best.last_seen_at} />
                {best.macs_on_port !== undefined &&
                  best.macs_on_port > 1 &&
                  `; ${plural(best.macs_on_port, "MAC address", "MAC addresses")} behind this port`}
                {others > 0 && `; also on ${plural(others, "other port")}, listed below`}
              </Text>
            </Notice>
          )}
          <Panel title="What it is">
            <Facts
              facts={[
                [
                  "Asked",
                  <span className="sr-mono" key="q">
                    {data.query}
                  </span>,
                ],
                [
                  "Device",
                  itself.length === 0 ? (
                    "none of the inventory"
                  ) : (
                    <span key="d">
                      {itself.map((device, index) => (
                        <Fragment key={device.id}>
                          {index > 0 && ", "}
                          <Link to="/devices/$id" params={{ id: device.id }}>
                            {device.name}
                          </Link>
                        </Fragment>
                      ))}
                    </span>
                  ),
                ],
                ["MAC addresses", <Others key="m" values={data.macs} asked={data.query} />],
                ["IP addresses", <Others key="i" values={data.addresses} asked={data.query} />],
              ]}
            />
          </Panel>
          {data.truncated && <Notice tone="idle" title="There is more than is shown" />}
          <DataTable
            label="Where it was seen"
            columns={columns}
            rows={data.sightings}
            rowKey={(each) =>
              `${each.source} ${each.device_id} ${each.interface} ${each.vlan} ${each.vrf} ${each.mac} ${each.address}`
            }
            empty={
              <Empty title="Nobody has seen it">
                No table that was collected has it. Collect ARP and MAC tables where it should be, and ask
                again.
              </Empty>
            }
          />
        </>
      )}
    </Page>
  );
}

/** The devices that it is: named ones, and those whose own interface has the address that was asked for. */
function devicesOf(found: Location): { id: string; name: string }[] {
  const devices = new Map(found.devices.map((device) => [device.id, device.name]));
  for (const each of found.sightings) {
    if (each.source === "interface" && each.current && each.device_name !== undefined) {
      devices.set(each.device_id, each.device_name);
    }
  }
  return [...devices].map(([id, name]) => ({ id, name }));
}

const FEW = 12;

function Others({ values, asked }: { values: readonly string[]; asked: string }) {
  if (values.length === 0) return <span className="sr-muted">none is known</span>;
  return (
    <span className="sr-mono">
      {values.slice(0, FEW).map((value, index) => (
        <Fragment key={value}>
          {index > 0 && ", "}
          {value === asked ? (
            value
          ) : (
            <Link to="/locate" search={{ q: value }}>
              {value}
            </Link>
          )}
        </Fragment>
      ))}
      {values.length > FEW && `, and ${values.length - FEW} more`}
    </span>
  );
}
