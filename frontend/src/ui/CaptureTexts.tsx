import { Loader, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { captureTypesQuery } from "../api/queries";
import type { Capture } from "../api/types";
import { CaptureText } from "./CaptureText";
import { Empty, ProblemNotice } from "./Problem";

interface Props {
  captures: readonly Capture[] | undefined;
  loading: boolean;
  error: unknown;
}

/** The texts of one device in one collection, one at a time. */
export function CaptureTexts({ captures, loading, error }: Props) {
  const [chosen, setChosen] = useState<string>();
  const types = useQuery(captureTypesQuery);
  if (error) return <ProblemNotice error={error} />;
  if (loading || captures === undefined) return <Loader size="sm" aria-label="Loading captures" />;
  if (captures.length === 0) return <Empty title="Nothing was recorded yet" />;
  const order = new Map(types.data?.map((type, index) => [type.name, index]));
  const place = (capture: Capture) => order.get(capture.capture_type) ?? order.size;
  const sorted = [...captures].sort((a, b) => place(a) - place(b));
  const current = sorted.find((capture) => capture.capture_type === chosen) ?? sorted[0];
  return (
    <Stack gap="sm">
      {captures.length > 1 ? (
        <SegmentedControl
          aria-label="Capture type"
          size="xs"
          value={current?.capture_type ?? ""}
          onChange={setChosen}
          data={sorted.map((capture) => capture.capture_type)}
          style={{ flexWrap: "wrap", alignSelf: "flex-start" }}
        />
      ) : (
        <Text fw={600}>{current?.capture_type}</Text>
      )}
      {current && <CaptureText capture={current} key={current.id} />}
    </Stack>
  );
}
