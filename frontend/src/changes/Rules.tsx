import { Button, Code, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { useList } from "../api/lists";
import { platformsQuery, queryClient } from "../api/queries";
import type { VolatileRule } from "../api/types";
import { useCan } from "../app/role";
import { count, plural } from "../format";
import { Confirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/DataTable";
import { IconPlus } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty, Notice, ProblemNotice } from "../ui/Problem";
import { Ago } from "../ui/Time";

/** Lines that change by themselves and are ignored when configurations are compared, and why. */
export function Rules() {
  const operator = useCan("operator");
  const list = useList<VolatileRule>({
    key: ["volatile-rules"],
    read: (page) => ask(api.GET("/volatile-rules", { params: { query: page } })),
  });
  const columns: Column<VolatileRule>[] = [
    {
      key: "pattern",
      title: "Pattern",
      width: "minmax(160px, 2fr)",
      cell: (rule) => (
        <span className="sr-mono" title={rule.pattern}>
          {rule.pattern}
        </span>
      ),
    },
    {
      key: "platform",
      title: "Platform",
      width: "minmax(100px, 0.8fr)",
      cell: (rule) => rule.platform ?? <span className="sr-muted">all</span>,
    },
    { key: "note", title: "What for", width: "minmax(120px, 1.6fr)", from: "sm", cell: (rule) => rule.note },
    { key: "by", title: "By", width: "minmax(70px, 0.6fr)", from: "md", cell: (rule) => rule.created_by },
    { key: "at", title: "Made", width: "126px", from: "md", cell: (rule) => <Ago at={rule.created_at} /> },
    ...(operator
      ? [
          {
            key: "remove",
            title: "",
            label: "Remove",
            width: "104px",
            cell: (rule: VolatileRule) => <Remove rule={rule} />,
          },
        ]
      : []),
  ];
  return (
    <Page
      title="Ignored lines"
      lead="Lines that change by themselves, such as clocks and counters, are no change of a configuration. These rules come on top of those of the platforms; stored texts stay whole."
      actions={operator && <Add />}
    >
      <DataTable
        label="Rules"
        columns={columns}
        {...list}
        rowKey={(rule) => rule.id}
        empty={
          <Empty title="No rule was added">
            A rule hides a line that is different in every capture, such as a counter or a clock.
          </Empty>
        }
      />
    </Page>
  );
}

function refresh() {
  void queryClient.invalidateQueries({ queryKey: ["volatile-rules"] });
  void queryClient.invalidateQueries({ queryKey: ["changes"] });
}

function Remove({ rule }: { rule: VolatileRule }) {
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/volatile-rules/{id}", { params: { path: { id: rule.id } } })),
    onSuccess: refresh,
  });
  return (
    <Confirm
      small
      label="Remove"
      title="Remove this rule?"
      confirm="Remove it"
      loading={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    >
      Lines that match <Code>{rule.pattern}</Code> count as changes again.
    </Confirm>
  );
}

function Add() {
  const [open, setOpen] = useState(false);
  const [pattern, setPattern] = useState("");
  const [platform, setPlatform] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const platforms = useQuery({ ...platformsQuery, enabled: open });
  const body = { pattern, ...(platform ? { platform } : {}), ...(note.trim() ? { note: note.trim() } : {}) };
  const preview = useMutation({
    mutationFn: () => ask(api.POST("/volatile-rule-previews", { body })),
  });
  const add = useMutation({
    mutationFn: () => ask(api.POST("/volatile-rules", { body, headers: idempotencyKey() })),
    onSuccess: () => {
      refresh();
      setOpen(false);
      setPattern("");
      setNote("");
      preview.reset();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    preview.mutate();
  };
  const seen = preview.data;
  return (
    <>
      <Button leftSection={<IconPlus size={15} />} onClick={() => setOpen(true)}>
        Add rule
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Add a rule"
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="Pattern"
              description="A regular expression for one line."
              placeholder="^ntp clock-period"
              required
              spellCheck={false}
              value={pattern}
              onChange={(event) => {
                setPattern(event.currentTarget.value);
                preview.reset();
              }}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            />
            <Select
              label="Platform"
              placeholder="All"
              clearable
              searchable
              data={(platforms.data ?? []).map((each) => each.name)}
              value={platform}
              onChange={(value) => {
                setPlatform(value);
                preview.reset();
              }}
            />
            <TextInput
              label="What for"
              placeholder="The clock tunes itself"
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
            />
            {(preview.error ?? add.error) && <ProblemNotice error={preview.error ?? add.error} />}
            {seen && (
              <Notice
                tone={seen.lines === 0 ? "warn" : "busy"}
                title={
                  seen.lines === 0
                    ? "No stored line matches"
                    : `It would have hidden ${count(seen.changes_hidden)} of ${plural(seen.changes, "change")}, and made ${count(seen.changes_smaller)} smaller`
                }
                role="status"
              >
                <Text size="sm">
                  {plural(seen.lines, "line")} in {plural(seen.versions, "text")} of{" "}
                  {plural(seen.devices, "device")}
                  {!seen.complete && ", not everything was looked at"}.
                </Text>
                {seen.examples.length > 0 && (
                  // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
                  <pre className="sr-code" tabIndex={0} style={{ maxHeight: 140 }}>
                    {seen.examples.join("\n")}
                  </pre>
                )}
              </Notice>
            )}
            <Group justify="flex-end">
              <Button type="submit" variant="default" loading={preview.isPending} disabled={pattern === ""}>
                Show what it hides
              </Button>
              <Button loading={add.isPending} disabled={seen === undefined} onClick={() => add.mutate()}>
                Add it
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
