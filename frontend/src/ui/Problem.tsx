import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Read } from "../api/lists";
import { asProblem } from "../api/problem";
import { clock } from "../format";
import { IconInfo, IconShield, IconWarn } from "./icons";
import "./ui.css";

interface NoticeProps {
  tone: "good" | "bad" | "warn" | "busy" | "idle";
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
  /** `alert` interrupts a screen reader: for what went wrong after somebody acted. */
  role?: "alert" | "status";
}

export function Notice({ tone, title, children, icon, role }: NoticeProps) {
  return (
    <div className="sr-notice" data-tone={tone} role={role}>
      {icon ?? (tone === "bad" || tone === "warn" ? <IconWarn size={20} /> : <IconInfo size={20} />)}
      <Stack gap={6} style={{ minWidth: 0, flex: 1 }}>
        <Text fw={600}>{title}</Text>
        {children}
      </Stack>
    </div>
  );
}

/** What the server says went wrong, whole: title, detail, the fields at fault, and the id to find it in the log. */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const problem = asProblem(error);
  if (problem.forbidden) {
    return (
      <Notice tone="warn" title="You may not do this" icon={<IconShield size={20} />} role="alert">
        <Text size="sm">
          {problem.detail ?? "Your role does not allow it."} An administrator can change your role.
        </Text>
        <RequestId id={problem.requestId} />
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title={problem.title} role="alert">
      {problem.detail && problem.detail !== problem.title && (
        <Text size="sm" className="sr-any">
          {problem.detail}
        </Text>
      )}
      {problem.errors.length > 0 && (
        <Stack gap={2} component="ul" m={0} pl="lg">
          {problem.errors.map((error) => (
            <Text component="li" size="sm" key={`${error.pointer} ${error.detail}`} className="sr-any">
              {error.pointer && <Code>{error.pointer}</Code>} {error.detail}
            </Text>
          ))}
        </Stack>
      )}
      <Group gap="md">
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        <RequestId id={problem.requestId} />
      </Group>
    </Notice>
  );
}

/** What was read before stays on the page when it cannot be read again; this says so, and since when. */
export function Stale({ of }: { of: readonly Read[] }) {
  const old = of.filter((read) => read.data !== undefined && read.error);
  const [first] = old;
  if (first === undefined) return null;
  const since = Math.min(...old.map((read) => read.dataUpdatedAt));
  return (
    <div className="sr-stale" data-tone="warn" role="status">
      <IconWarn size={15} />
      <span>
        Could not refresh: {asProblem(first.error).title}. Shown is what was known at{" "}
        {clock(new Date(since).toISOString())}.
      </span>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => {
          for (const read of old) read.refetch();
        }}
      >
        Try again
      </Button>
    </div>
  );
}

function RequestId({ id }: { id: string | undefined }) {
  if (id === undefined) return null;
  return (
    <Text size="xs" c="dimmed" className="sr-any">
      Request id <span className="sr-mono">{id}</span>
    </Text>
  );
}

/** Says what is not there, and does something about it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text size="sm" c="dimmed" maw={520}>
          {children}
        </Text>
      )}
      {action && <Group mt="sm">{action}</Group>}
    </Stack>
  );
}

export function NotAllowed({ needs }: { needs: "operator" | "admin" }) {
  return (
    <Notice tone="warn" title="This page is not for your role" icon={<IconShield size={20} />}>
      <Text size="sm">
        It needs the role {needs}. An administrator can change your role.{" "}
        <Link to="/">Go to the dashboard</Link>
      </Text>
    </Notice>
  );
}
