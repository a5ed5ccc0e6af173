import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client";
import { deviceQuery } from "../api/queries";
import { patternsOf } from "./names";

/** As many as are offered; who does not see the device types more of its name. */
const OFFERED = 20;

interface Props extends Omit<SelectProps, "value" | "onChange" | "data"> {
  /** The id of the device. */
  value: string | undefined;
  onChoose: (id: string | undefined) => void;
}

/** One device by a part of its name, for lists of the API that take a single id. The server is asked for the names. */
export function DeviceSelect({ value, onChoose, ...rest }: Props) {
  const [text, setText] = useState("");
  const [typed] = useDebouncedValue(text, 200);
  const chosen = useQuery({ ...deviceQuery(value ?? ""), enabled: value !== undefined });
  // One that has left the inventory has no name here any more.
  const known =
    value === undefined ? [] : [{ value, label: chosen.data?.name ?? (chosen.error ? value : "…") }];
  // What stands in the field after a choice is the name of the device, not a question.
  const name = patternsOf(typed === chosen.data?.name ? "" : typed);
  const found = useQuery({
    queryKey: ["devices", "few", name],
    queryFn: async () =>
      (await ask(api.GET("/devices", { params: { query: { name, limit: OFFERED, sort: "name" } } }))).items,
    placeholderData: keepPreviousData,
  });
  const offered = (found.data ?? []).map((device) => ({ value: device.id, label: device.name }));
  return (
    <Select
      {...rest}
      searchable
      clearable
      data={[...known, ...offered.filter((each) => each.value !== value)]}
      // The server found them: what it takes for a part of a name is not judged anew here.
      filter={({ options }) => options}
      value={value ?? null}
      onChange={(next) => onChoose(next ?? undefined)}
      onSearchChange={setText}
      nothingFoundMessage={found.isFetching ? "Searching…" : "No device is called that"}
      error={found.error && found.data === undefined ? "The devices could not be read" : undefined}
    />
  );
}
