import { Button, Container, Group, Stack, Text, Title } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { asProblem } from "../api/problem";
import { ProblemNotice } from "../ui/Problem";

/** A page that broke: said plainly, the rest of the product stays usable. */
export function PageProblem({ error, reset }: { error: unknown; reset: () => void }) {
  const outdated =
    error instanceof Error && /dynamically imported module|Importing a module/i.test(error.message);
  if (outdated) {
    return (
      <Stack maw={560}>
        <Title order={1}>Showrun was updated</Title>
        <Text>This page belongs to the version before. Load it again to go on.</Text>
        <Group>
          <Button onClick={() => location.reload()}>Load again</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack maw={720}>
      <Title order={1}>This page cannot be shown</Title>
      <ProblemNotice error={asProblem(error)} onRetry={reset} />
    </Stack>
  );
}

/** Around everything, for what breaks outside a page. */
export class LastBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Container size="sm" py="xl">
        <PageProblem error={this.state.error} reset={() => this.setState({ error: undefined })} />
      </Container>
    );
  }
}
