import { Loader, Modal, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ComponentType, type KeyboardEvent, useEffect, useId, useState } from "react";
import { api, ask } from "../api/client";
import { TABLES } from "../tables/tables";
import { IconDevice, IconList, IconPlay, IconSearch, IconTable } from "../ui/icons";
import { nameOf } from "../words";
import { PLACES } from "./places";
import { useCan } from "./role";

interface Entry {
  key: string;
  title: string;
  note: string;
  icon: ComponentType<{ size?: number }>;
  go: () => void;
}

/** Anything by a few letters of its name. The list is asked of the server; nothing is kept here. */
export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const can = { operator: useCan("operator"), admin: useCan("admin") };
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [typed] = useDebouncedValue(text.trim(), 150);
  const list = useId();

  const found = useQuery({
    queryKey: ["palette", typed],
    enabled: typed !== "",
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const query = { q: typed, limit: 6 };
      const [devices, collections] = await Promise.all([
        ask(api.GET("/devices", { params: { query } })),
        ask(api.GET("/collections", { params: { query } })),
      ]);
      return { devices: devices.items, collections: collections.items };
    },
  });

  const wanted = text.trim().toLowerCase();
  const pages: Entry[] = [
    ...(can.operator
      ? [
          {
            key: "new",
            title: "New collection",
            note: "",
            icon: IconPlay,
            go: () => void navigate({ to: "/collect", search: {} }),
          },
        ]
      : []),
    ...PLACES.flatMap((group) => group.places)
      .filter((place) => place.needs === undefined || can[place.needs])
      .map((place) => ({
        key: place.to,
        title: place.title,
        note: "",
        icon: place.icon,
        go: () => void navigate({ to: place.to }),
      })),
    ...TABLES.map((table) => ({
      key: table.slug,
      title: `${table.title} table`,
      note: "",
      icon: IconTable,
      go: () => void navigate({ to: "/tables/$table", params: { table: table.slug }, search: {} }),
    })),
  ].filter((entry) => entry.title.toLowerCase().includes(wanted));
  const rows: Entry[] =
    wanted === "" || found.data === undefined
      ? []
      : [
          ...found.data.devices.map((device) => ({
            key: device.id,
            title: device.name,
            note: [device.address, device.platform, device.site].filter(Boolean).join(", "),
            icon: IconDevice,
            go: () => void navigate({ to: "/devices/$id", params: { id: device.id } }),
          })),
          ...found.data.collections.map((collection) => ({
            key: collection.id,
            title: nameOf(collection),
            note: "collection",
            icon: IconList,
            go: () => void navigate({ to: "/collections/$id", params: { id: collection.id }, search: {} }),
          })),
        ];
  const entries = [...pages.slice(0, wanted === "" ? 30 : 6), ...rows];
  const current = Math.min(at, entries.length - 1);

  useEffect(() => {
    document.getElementById(`${list}-${current}`)?.scrollIntoView({ block: "nearest" });
  }, [list, current]);

  const take = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(entries.length - 1, current + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, current - 1));
    else if (event.key === "Enter") take(entries[current]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="12dvh"
      // Heard, not seen: what it is for stands in its field.
      title="Go to"
      classNames={{ header: "sr-unseen" }}
    >
      <TextInput
        aria-label="Page, device or collection"
        placeholder="Page, device or collection"
        variant="unstyled"
        size="md"
        px="md"
        py={6}
        data-autofocus
        leftSection={<IconSearch size={17} />}
        leftSectionPointerEvents="none"
        rightSection={found.isFetching && <Loader size="xs" aria-label="Searching" />}
        styles={{ input: { paddingLeft: 34 } }}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={current >= 0 ? `${list}-${current}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div role="listbox" id={list} className="sr-palette" aria-label="Where to go">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: see above
          <div
            role="option"
            key={entry.key}
            id={`${list}-${index}`}
            aria-selected={index === current}
            onClick={() => take(entry)}
            onMouseMove={() => setAt(index)}
          >
            <entry.icon size={17} />
            <span className="sr-cut sr-palette-title">{entry.title}</span>
            {entry.note && <span className="sr-muted sr-cut">{entry.note}</span>}
          </div>
        ))}
        {entries.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {found.isFetching ? "Searching…" : "Nothing is called that."}
          </Text>
        )}
      </div>
    </Modal>
  );
}
