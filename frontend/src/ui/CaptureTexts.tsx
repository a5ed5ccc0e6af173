import { Group, Loader, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { captureTypesQuery } from "../api/queries";
import type { Capture, CollectionDevice } from "../api/types";
import { verdictWord } from "../words";
import { CaptureText } from "./CaptureText";
import { useTypeTitle } from "./captureTypes";
import { Empty, ProblemNotice } from "./Problem";
import { ToneIcon, VerdictChip } from "./Status";

interface Props {
  captures: readonly Capture[] | undefined;
  loading: boolean;
  error: unknown;
  /** What came of each type, also of those that left no text. */
  outcomes?: CollectionDevice["captures"];
  /** The type that is shown, when the page keeps it in its address. */
  chosen?: string | undefined;
  onChoose?: (captureType: string) => void;
  /** What the page says already. */
  said?: string | undefined;
}

/** The texts of one device in one collection, one at a time, each with what it is worth. */
export function CaptureTexts({ captures, loading, error, outcomes = [], chosen, onChoose, said }: Props) {
  const [own, setOwn] = useState<string>();
  const types = useQuery(captureTypesQuery);
  const titleOf = useTypeTitle();
  if (error && captures === undefined) return <ProblemNotice error={error} />;
  if (loading || captures === undefined) return <Loader size="sm" aria-label="Loading captures" />;
  const known = new Map(outcomes.map((each) => [each.capture_type, each.verdict as string]));
  for (const each of captures) known.set(each.capture_type, each.verdict);
  if (known.size === 0) return <Empty title="Nothing was recorded yet" />;
  const order = new Map(types.data?.map((type, index) => [type.name, index]));
  const place = (slug: string) => order.get(slug) ?? order.size;
  const sorted = [...known].sort(([a], [b]) => place(a) - place(b));
  const wanted = chosen ?? own;
  const shown = sorted.find(([slug]) => slug === wanted) ?? sorted[0];
  const capture = captures.find((each) => each.capture_type === shown?.[0]);
  return (
    <Stack gap="sm">
      {sorted.length > 1 ? (
        <SegmentedControl
          aria-label="Capture type"
          size="xs"
          value={shown?.[0] ?? ""}
          onChange={onChoose ?? setOwn}
          data={sorted.map(([slug, verdict]) => ({
            value: slug,
            label: (
              <Group gap={5} wrap="nowrap" component="span">
                <span className="sr-toned" data-tone={verdictWord(verdict).tone} style={{ display: "flex" }}>
                  <ToneIcon tone={verdictWord(verdict).tone} size={14} />
                </span>
                {titleOf(slug)}
                <span className="sr-unseen">, {verdictWord(verdict).text}</span>
              </Group>
            ),
          }))}
          className="sr-segments"
          data-many
        />
      ) : (
        <Text fw={600}>{shown && titleOf(shown[0])}</Text>
      )}
      {capture ? (
        <CaptureText capture={capture} said={said} key={capture.id} />
      ) : (
        shown && (
          <Group gap="sm">
            <VerdictChip verdict={shown[1]} />
            <Text size="sm" c="dimmed">
              There is no text.
            </Text>
          </Group>
        )
      )}
    </Stack>
  );
}
