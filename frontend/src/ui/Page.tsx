import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of a page: its heading is the title of the tab, actions stand beside it. */
export function Page({ title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Showrun`;
  }, [title]);
  return (
    <Stack gap="lg" className="sr-page">
      <Group justify="space-between" align="flex-start" gap="md">
        <Box style={{ flex: "1 1 300px", minWidth: 0 }}>
          <Title order={1} tabIndex={-1} className="sr-any">
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" mt={4} component="div">
              {lead}
            </Text>
          )}
        </Box>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

export function Panel({
  title,
  aside,
  children,
}: {
  title?: string | undefined;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="sr-panel">
      {title && (
        <Group justify="space-between" mb="sm" gap="xs">
          <Title order={2}>{title}</Title>
          {aside}
        </Group>
      )}
      {children}
    </section>
  );
}

export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="sr-facts">
      {facts.map(([name, value]) => (
        <FactRow key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function FactRow({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {value === "" || value === undefined || value === null ? (
          <span className="sr-muted">not known</span>
        ) : (
          value
        )}
      </dd>
    </>
  );
}

interface Figure {
  name: string;
  value: ReactNode;
  note?: ReactNode;
  icon?: ReactNode;
  tone?: string;
}

export function Figures({ figures, label }: { figures: readonly Figure[]; label: string }) {
  return (
    <dl className="sr-figures" aria-label={label}>
      {figures.map(({ name, value, note, icon, tone }) => (
        <div className="sr-figure" key={name} data-tone={tone}>
          <dt>
            {icon}
            {name}
          </dt>
          <dd>
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
