import { Button, Group, PasswordInput, Stack, Switch, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask } from "../api/client";
import { setShortcuts, shortcutsOn } from "../app/keys";
import { useMe } from "../app/role";
import { Page, Panel } from "../ui/Page";
import { Notice, ProblemNotice } from "../ui/Problem";

export function Account() {
  const me = useMe();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [keys, setKeys] = useState(shortcutsOn);
  const change = useMutation({
    mutationFn: () =>
      ask(api.POST("/auth/password", { body: { current_password: current, new_password: next } })),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      setAgain("");
    },
  });
  const differs = again !== "" && next !== again;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!differs) change.mutate();
  };
  return (
    <Page
      title="Your account"
      lead={
        <>
          Signed in as <b>{me.username}</b>, with the role <b>{me.role}</b>.
        </>
      }
    >
      <Panel title="Password">
        <form onSubmit={submit}>
          <Stack maw={420}>
            {change.isSuccess && <Notice tone="good" title="The password was changed" role="status" />}
            {change.error && <ProblemNotice error={change.error} />}
            <PasswordInput
              label="Present password"
              required
              autoComplete="current-password"
              value={current}
              onChange={(event) => setCurrent(event.currentTarget.value)}
            />
            <PasswordInput
              label="New password"
              required
              autoComplete="new-password"
              value={next}
              onChange={(event) => setNext(event.currentTarget.value)}
            />
            <PasswordInput
              label="New password again"
              required
              autoComplete="new-password"
              value={again}
              error={differs ? "The two are not the same." : undefined}
              onChange={(event) => setAgain(event.currentTarget.value)}
            />
            <Group>
              <Button type="submit" loading={change.isPending} disabled={differs}>
                Change the password
              </Button>
            </Group>
          </Stack>
        </form>
      </Panel>
      <Panel title="Keys">
        <Stack gap="xs">
          <Switch
            label="Single-key shortcuts"
            checked={keys}
            onChange={(event) => {
              setShortcuts(event.currentTarget.checked);
              setKeys(event.currentTarget.checked);
            }}
          />
          <Text size="sm" c="dimmed">
            The key ? shows them all. Turn them off if you dictate, or if they meet keys of your browser.
          </Text>
        </Stack>
      </Panel>
    </Page>
  );
}
