import { Button, Center, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { signIn } from "../api/session";
import { Notice, ProblemNotice } from "../ui/Problem";
import { Mark } from "./Mark";

export function Login({ reason }: { reason: string | undefined }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  useEffect(() => {
    document.title = "Sign in · Showrun";
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn(username, password);
    } catch (error) {
      setProblem(error);
      setPassword("");
      setBusy(false);
    }
  };

  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w="100%" maw={400} gap="lg">
        <Group gap="sm">
          <Mark />
          <Title order={1}>Sign in to Showrun</Title>
        </Group>
        <form onSubmit={submit} className="sr-panel">
          <Stack>
            {reason && !problem && <Notice tone="idle" title={reason} role="status" />}
            {problem !== undefined && <ProblemNotice error={problem} />}
            <TextInput
              label="User name"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              data-autofocus
              autoFocus
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" loading={busy} fullWidth size="md">
              Sign in
            </Button>
          </Stack>
        </form>
        <Text size="sm" c="dimmed">
          After the first start the user is <b>admin</b>; its password was printed by the server, or given to
          it.
        </Text>
      </Stack>
    </Center>
  );
}
