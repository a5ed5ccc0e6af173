import { Loader, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
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
  if (error) return <ProblemNotice error={error} />;
  if (loading || captures === undefined) return <Loader size="sm" aria-label="Loading captures" />;
  if (captures.length === 0) return <Empty title="Nothing was recorded yet" />;
  const current = captures.find((capture) => capture.capture_type === chosen) ?? captures[0];
  return (
    <Stack gap="sm">
      {captures.length > 1 ? (
        <SegmentedControl
          aria-label="Capture type"
          size="xs"
          value={current?.capture_type ?? ""}
          onChange={setChosen}
          data={captures.map((capture) => capture.capture_type)}
          style={{ flexWrap: "wrap", alignSelf: "flex-start" }}
        />
      ) : (
        <Text fw={600}>{current?.capture_type}</Text>
      )}
      {current && <CaptureText capture={current} key={current.id} />}
    </Stack>
  );
}
