import {
  Button,
  Group,
  Loader,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask } from "../api/client";
import { captureTypesQuery, queryClient } from "../api/queries";
import type { Settings, SettingsUpdate } from "../api/types";
import { useCan } from "../app/role";
import { bytes, count, plural } from "../format";
import { Confirm } from "../ui/Confirm";
import { Page, Panel } from "../ui/Page";
import { NotAllowed, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { humanise } from "../words";
import { Reparse } from "./Reparse";

const settingsKey = ["settings"] as const;

/** Fields that are a choice among words; everything else is told by its type. */
const CHOICES: Record<string, { value: string; label: string }[]> = {
  host_key_policy: [
    { value: "strict", label: "Strict: only keys that were accepted before" },
    { value: "accept_new", label: "Accept new: remember a key when it is first seen" },
    { value: "off", label: "Off: check nothing" },
  ],
};

/** What a setting does; one that is newer than this page goes by its name. */
const ABOUT: Record<string, { label: string; what: string }> = {
  access_token_minutes: {
    label: "Access token, minutes",
    what: "A page or script renews its token this often by itself. Who is signed out or changed loses access at once.",
  },
  refresh_token_days: {
    label: "Sign-in, days",
    what: "Who has not used Showrun for so long signs in again.",
  },
  audit_days: { label: "Audit log, days", what: "How long it is kept; 0 is for ever." },
  event_days: { label: "Events, days", what: "How long the log of a collection is kept after its end." },
  secret_ttl_hours: {
    label: "Typed secrets, hours",
    what: "How long what was typed for one collection is kept for its retries.",
  },
  transcript_days: { label: "Transcripts, days", what: "How long the whole text of sessions is kept." },
};

export function SettingsPage() {
  const admin = useCan("admin");
  const settings = useQuery({
    queryKey: settingsKey,
    queryFn: () => ask(api.GET("/settings")),
    enabled: admin,
  });
  if (!admin) {
    return (
      <Page title="Settings">
        <NotAllowed needs="admin" />
      </Page>
    );
  }
  return (
    <Page title="Settings">
      <Stale of={[settings]} />
      {settings.data !== undefined ? (
        <SettingsForm settings={settings.data} />
      ) : settings.error ? (
        <ProblemNotice error={settings.error} onRetry={() => void settings.refetch()} />
      ) : (
        <Loader aria-label="Loading" />
      )}
      <Reparse />
      <Purge />
    </Page>
  );
}

type Values = Record<string, string | number | boolean>;

function SettingsForm({ settings }: { settings: Settings }) {
  const before = settings as unknown as Values;
  // Apart from what the server says, which is asked again while somebody types.
  const [edits, setEdits] = useState<Values>({});
  const values = { ...before, ...edits };
  const changed = Object.fromEntries(Object.entries(edits).filter(([key, value]) => value !== before[key]));
  const dirty = Object.keys(changed).length > 0;
  const save = useMutation({
    mutationFn: () => ask(api.PATCH("/settings", { body: changed as SettingsUpdate })),
    onSuccess: (next) => {
      queryClient.setQueryData(settingsKey, next);
      setEdits({});
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const set = (key: string, value: string | number | boolean) =>
    setEdits((all) => ({ ...all, [key]: value }));
  return (
    <Panel title="Server">
      <form onSubmit={submit}>
        <Stack>
          {save.error && <ProblemNotice error={save.error} />}
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {Object.entries(values).map(([key, value]) => (
              <Field key={key} name={key} value={value} onChange={(next) => set(key, next)} />
            ))}
          </SimpleGrid>
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!dirty}>
              Save
            </Button>
            {dirty && (
              <Button variant="subtle" onClick={() => setEdits({})}>
                Take back
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

/** Fields beside each other stand in a line, however long what is said of each. */
const BELOW: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

interface FieldProps {
  name: string;
  value: string | number | boolean;
  onChange: (value: string | number | boolean) => void;
}

function Field({ name, value, onChange }: FieldProps) {
  const label = ABOUT[name]?.label ?? humanise(name);
  const description = ABOUT[name]?.what;
  const choices = CHOICES[name];
  if (choices) {
    return (
      <Select
        label={label}
        description={description}
        inputWrapperOrder={BELOW}
        data={choices}
        value={String(value)}
        allowDeselect={false}
        onChange={(next) => next && onChange(next)}
      />
    );
  }
  if (typeof value === "boolean") {
    return (
      <Switch
        label={label}
        description={description}
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
        mt="lg"
      />
    );
  }
  if (typeof value === "number") {
    return (
      <NumberInput
        label={label}
        description={description}
        inputWrapperOrder={BELOW}
        thousandSeparator=","
        value={value}
        min={0}
        allowDecimal={false}
        onChange={(next) => typeof next === "number" && onChange(next)}
      />
    );
  }
  if (typeof value !== "string") return null;
  return <TextInput label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}

/** Old texts go by hand; first it is shown how many. */
function Purge() {
  const [days, setDays] = useState(365);
  const [only, setOnly] = useState<string[]>([]);
  const types = useQuery(captureTypesQuery);
  const purge = useMutation({
    mutationFn: (dryRun: boolean) =>
      ask(
        api.POST("/capture-purges", {
          body: {
            older_than_days: days,
            dry_run: dryRun,
            ...(only.length === 0 ? {} : { capture_types: only }),
          },
        }),
      ),
    onSuccess: (_, dryRun) => {
      if (!dryRun) void queryClient.invalidateQueries({ queryKey: ["captures"] });
    },
  });
  const dry = purge.variables === true;
  return (
    <Panel title="Remove old captures">
      <Stack>
        <Text size="sm">The last good text of each device and capture type always stays.</Text>
        <Group align="flex-end" gap="sm">
          <NumberInput
            label="Older than"
            suffix=" days"
            min={1}
            allowDecimal={false}
            value={days}
            onChange={(value) => {
              if (typeof value === "number" && value >= 1) setDays(value);
              purge.reset();
            }}
            w={150}
          />
          <MultiSelect
            label="Capture types"
            placeholder={only.length === 0 ? "All" : ""}
            clearable
            data={(types.data ?? []).map((type) => ({ value: type.name, label: type.title }))}
            value={only}
            onChange={(value) => {
              setOnly(value);
              purge.reset();
            }}
            style={{ minWidth: 220 }}
          />
          <Button variant="default" loading={purge.isPending && dry} onClick={() => purge.mutate(true)}>
            Count them
          </Button>
        </Group>
        {purge.error && <ProblemNotice error={purge.error} />}
        {purge.data && (
          <Notice
            tone={dry ? "idle" : "good"}
            role="status"
            title={`${plural(purge.data.captures_deleted, "capture")} ${dry ? "would go" : "removed"}, ${bytes(purge.data.bytes_freed)}`}
          >
            <Text size="sm">{count(purge.data.kept_last_good)} last good texts stay.</Text>
            {dry && purge.data.captures_deleted > 0 && (
              <Group>
                <Confirm
                  small
                  label="Remove them"
                  title={`Remove ${plural(purge.data.captures_deleted, "capture")}?`}
                  confirm="Remove them"
                  loading={purge.isPending}
                  error={purge.error}
                  onConfirm={() => purge.mutate(false)}
                >
                  This cannot be taken back.
                </Confirm>
              </Group>
            )}
          </Notice>
        )}
      </Stack>
    </Panel>
  );
}
