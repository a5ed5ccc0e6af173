import { Button, Group, MultiSelect, Stack, Switch, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client";
import { captureTypesQuery, queryClient } from "../api/queries";
import { count, plural } from "../format";
import { TABLES } from "../tables/tables";
import { Panel } from "../ui/Page";
import { Notice, ProblemNotice } from "../ui/Problem";

interface Sum {
  captures: number;
  read: number;
  loaded: number;
  without_template: number;
  failed: number;
  message: string | undefined;
}

const NOTHING: Sum = { captures: 0, read: 0, loaded: 0, without_template: 0, failed: 0, message: undefined };

/** After templates have changed: the texts that are stored are read anew, part by part, while one may watch. */
export function Reparse() {
  const [only, setOnly] = useState<string[]>([]);
  const [everything, setEverything] = useState(false);
  const [sum, setSum] = useState<Sum>(NOTHING);
  const types = useQuery(captureTypesQuery);
  const run = useMutation({
    mutationFn: async () => {
      let token: string | undefined;
      let all = NOTHING;
      setSum(all);
      do {
        const part = await ask(
          api.POST("/capture-reparses", {
            body: {
              ...(only.length === 0 ? {} : { capture_types: only }),
              ...(everything ? { everything } : {}),
              ...(token === undefined ? {} : { page_token: token }),
            },
          }),
        );
        all = {
          captures: all.captures + part.captures,
          read: all.read + part.read,
          loaded: all.loaded + part.loaded,
          without_template: all.without_template + part.without_template,
          failed: all.failed + part.failed,
          message: all.message ?? part.message,
        };
        setSum(all);
        token = part.next_page_token;
      } while (token !== undefined);
      return all;
    },
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const tables = new Set(TABLES.map((table) => table.captureType));
  return (
    <Panel title="Read stored texts anew">
      <Stack>
        <Text size="sm">
          When templates have changed, what they make of the last good texts goes into the tables. Nothing is
          collected, and the texts stay as they are.
        </Text>
        <MultiSelect
          label="Only these capture types"
          placeholder={only.length === 0 ? "All that have a table" : ""}
          clearable
          data={(types.data ?? [])
            .filter((type) => tables.has(type.name))
            .map((type) => ({ value: type.name, label: type.title }))}
          value={only}
          onChange={setOnly}
          maw={420}
        />
        <Switch
          label="Also texts whose templates did not change"
          checked={everything}
          onChange={(event) => setEverything(event.currentTarget.checked)}
        />
        <Group>
          <Button variant="default" loading={run.isPending} onClick={() => run.mutate()}>
            Read anew
          </Button>
          <Text size="sm" c="dimmed" role="status">
            {sum.captures > 0 &&
              `${plural(sum.captures, "text")} looked at, ${count(sum.read)} read, ${count(sum.loaded)} in the tables`}
            {run.isSuccess && sum.captures === 0 && "There is no text yet that has a table."}
          </Text>
        </Group>
        {run.error && <ProblemNotice error={run.error} onRetry={() => run.mutate()} />}
        {sum.failed > 0 && (
          <Notice tone="warn" title={`${plural(sum.failed, "text")} could not be loaded`}>
            {sum.message && (
              <Text size="sm" className="sr-any">
                {sum.message}
              </Text>
            )}
          </Notice>
        )}
        {sum.without_template > 0 && (
          <Text size="sm">{plural(sum.without_template, "text")} have no template that reads them.</Text>
        )}
      </Stack>
    </Panel>
  );
}
