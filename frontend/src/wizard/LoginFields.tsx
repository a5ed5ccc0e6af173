import {
  Button,
  FileButton,
  Group,
  PasswordInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { credentialsQuery } from "../api/queries";
import { Notice, ProblemNotice, Stale } from "../ui/Problem";
import type { Login } from "./request";

interface Props {
  login: Login;
  onChange: (change: Partial<Login>) => void;
}

const OWN = "each device's own";

/** How to log in: a saved credential, or one for this collection only. */
export function LoginFields({ login, onChange }: Props) {
  const saved = useQuery(credentialsQuery);
  const chosen = saved.data?.find((credential) => credential.id === login.credentialId);
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Credentials"
        value={login.kind}
        onChange={(kind) => onChange({ kind: kind as Login["kind"] })}
        data={[
          { value: "saved", label: "Saved" },
          { value: "password", label: "User name and password" },
          { value: "key", label: "SSH key" },
        ]}
        className="sr-segments"
        data-long
        styles={{ label: { whiteSpace: "normal" } }}
      />
      {login.kind === "saved" && (
        <>
          <Stale of={[saved]} />
          {saved.error && saved.data === undefined && (
            <ProblemNotice error={saved.error} onRetry={() => void saved.refetch()} />
          )}
          <Select
            label="Saved credential"
            data={[
              { value: OWN, label: "Each device's own" },
              ...(saved.data ?? []).map((credential) => ({
                value: credential.id,
                label: `${credential.name} (${credential.username})${credential.state === "closed" ? ", paused" : ""}`,
              })),
            ]}
            value={login.credentialId ?? OWN}
            onChange={(value) =>
              onChange({ credentialId: value === null || value === OWN ? undefined : value })
            }
            allowDeselect={false}
            description="Each device's own: the one bound to it, else to its site or tag, else the default one."
          />
          {chosen?.state === "closed" && (
            <Notice tone="warn" title="This credential is paused">
              <Text size="sm">
                Too many logins with it were refused in a row, so it is not tried again until somebody{" "}
                <Link to="/credentials">releases it</Link>.
              </Text>
            </Notice>
          )}
          {saved.data?.length === 0 && (
            <Text size="sm" c="dimmed">
              No credential is saved yet. <Link to="/credentials">Save one</Link>, or type one for this
              collection only.
            </Text>
          )}
        </>
      )}
      {login.kind !== "saved" && (
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label="Device user name"
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={login.username}
            onChange={(event) => onChange({ username: event.currentTarget.value })}
          />
          {login.kind === "password" && (
            <PasswordInput
              label="Device password"
              required
              autoComplete="new-password"
              value={login.password}
              onChange={(event) => onChange({ password: event.currentTarget.value })}
            />
          )}
          {login.kind === "key" && (
            <PasswordInput
              label="Passphrase of the key"
              description="Empty when the key has none"
              inputWrapperOrder={["label", "input", "description", "error"]}
              autoComplete="new-password"
              value={login.passphrase}
              onChange={(event) => onChange({ passphrase: event.currentTarget.value })}
            />
          )}
        </SimpleGrid>
      )}
      {login.kind === "key" && (
        <Stack gap={6}>
          <Textarea
            label="Private key"
            required
            autosize
            minRows={3}
            maxRows={8}
            spellCheck={false}
            autoComplete="off"
            placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
            value={login.privateKey}
            onChange={(event) => onChange({ privateKey: event.currentTarget.value })}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
          />
          <Group>
            <FileButton
              onChange={async (file) => {
                if (file) onChange({ privateKey: await file.text() });
              }}
            >
              {(props) => (
                <Button {...props} variant="default" size="xs">
                  Choose a file
                </Button>
              )}
            </FileButton>
          </Group>
        </Stack>
      )}
      {login.kind !== "saved" && (
        <PasswordInput
          label="Enable password"
          description="Only where a platform has a privileged mode that asks for one"
          inputWrapperOrder={["label", "input", "description", "error"]}
          autoComplete="new-password"
          value={login.enablePassword}
          onChange={(event) => onChange({ enablePassword: event.currentTarget.value })}
        />
      )}
    </Stack>
  );
}
