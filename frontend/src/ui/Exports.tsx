import { Button, Group } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { askBlob } from "../api/client";
import { useCan } from "../app/role";
import { saveAs } from "./Copy";
import { IconDown } from "./icons";
import { Panel } from "./Page";
import { ProblemNotice } from "./Problem";

const KINDS = [
  { file: "results.csv", label: "Results as CSV", operator: false },
  { file: "results.json", label: "Results as JSON", operator: false },
  { file: "captures.zip", label: "All texts as ZIP", operator: true },
] as const;

export function Exports({ id, name }: { id: string; name: string }) {
  const operator = useCan("operator");
  const save = useMutation({
    mutationFn: async (file: string) => {
      const blob = await askBlob(`/api/v1/collections/${encodeURIComponent(id)}/${file}`);
      const stem = name.replaceAll(/[^\w.-]+/g, "_") || id;
      saveAs(blob, `${stem}-${file}`);
    },
  });
  return (
    <Panel title="Export">
      <Group gap="sm">
        {KINDS.filter((kind) => operator || !kind.operator).map((kind) => (
          <Button
            key={kind.file}
            variant="default"
            size="sm"
            leftSection={<IconDown size={15} />}
            loading={save.isPending && save.variables === kind.file}
            onClick={() => save.mutate(kind.file)}
          >
            {kind.label}
          </Button>
        ))}
      </Group>
      {save.error && <ProblemNotice error={save.error} />}
    </Panel>
  );
}
