import { Button, Group, Select, Switch } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { askText } from "../api/client";
import { stringifySearch } from "../app/search";
import { Copy, saveAs } from "../ui/Copy";
import { IconDown } from "../ui/icons";
import { ProblemNotice } from "../ui/Problem";

/** How two texts are compared; `all_lines` also the lines that are ignored otherwise. */
export interface DiffOptions {
  context?: string;
  all_lines?: string;
}

export function queryOf(options: DiffOptions): { context?: number; all_lines?: boolean } {
  return {
    ...(options.context ? { context: Number(options.context) } : {}),
    ...(options.all_lines ? { all_lines: true } : {}),
  };
}

interface Props {
  options: DiffOptions;
  onChange: (options: DiffOptions) => void;
  /** Where the same is as a patch, with its query. */
  patch: string;
  query: Record<string, unknown>;
  name: string;
}

export function DiffTools({ options, onChange, patch, query, name }: Props) {
  const load = useMutation({
    mutationFn: () => askText(`${patch}${stringifySearch({ ...query, ...queryOf(options) })}`),
    onSuccess: (text) => saveAs(text, name),
  });
  return (
    <>
      <Select
        size="xs"
        w={150}
        aria-label="Lines around a change"
        allowDeselect={false}
        data={[
          { value: "3", label: "3 lines around" },
          { value: "10", label: "10 lines around" },
          { value: "50", label: "50 lines around" },
        ]}
        value={options.context ?? "3"}
        onChange={(value) => onChange({ ...options, context: value === "3" || value === null ? "" : value })}
      />
      <Switch
        size="xs"
        label="Show ignored lines"
        checked={options.all_lines !== undefined}
        onChange={(event) => onChange({ ...options, all_lines: event.currentTarget.checked ? "yes" : "" })}
      />
      <Button
        size="xs"
        variant="default"
        leftSection={<IconDown size={14} />}
        loading={load.isPending}
        onClick={() => load.mutate()}
      >
        Patch
      </Button>
      {load.error && <ProblemNotice error={load.error} />}
    </>
  );
}

/** For a ticket: the lines as text. */
export function CopyDiff({
  hunks,
}: {
  hunks: readonly { lines: readonly { op: string; text: string }[] }[];
}) {
  const sign = (op: string) => (op === "added" ? "+" : op === "removed" ? "-" : " ");
  const text = hunks
    .map((hunk) => hunk.lines.map((line) => `${sign(line.op)}${line.text}`).join("\n"))
    .join("\n...\n");
  return (
    <Group gap={4}>
      <Copy text={text} label="Copy the lines" />
    </Group>
  );
}
