import { Button, Container, Group, Stack, Text, Title } from "@mantine/core";
import { Component, type ReactNode, useCallback, useEffect, useState } from "react";
import { asProblem } from "../api/problem";
import { ProblemNotice } from "../ui/Problem";
import { PartProblem } from "./lazyPart";
import { type Served, servedNow } from "./served";
import { useCountdown } from "./useCountdown";

/** A page that broke: said plainly, the rest of the product stays usable. */
export function PageProblem({ error, reset }: { error: unknown; reset: () => void }) {
  if (error instanceof PartProblem) return <NotLoaded problem={error} reset={reset} />;
  return (
    <Stack maw={720}>
      <Title order={1}>This page cannot be shown</Title>
      <ProblemNotice error={asProblem(error)} onRetry={reset} />
    </Stack>
  );
}

/** The code of a page did not come: the server is away for a moment, or has other pages now. */
function NotLoaded({ problem, reset }: { problem: PartProblem; reset: () => void }) {
  const [served, setServed] = useState<Served>();
  const [asking, setAsking] = useState(true);
  const [attempt, setAttempt] = useState(1);
  const again = useCallback(async (): Promise<Served | undefined> => {
    setAsking(true);
    if (await problem.retry()) {
      reset();
      return undefined;
    }
    const now = await servedNow();
    setServed(now);
    setAsking(false);
    setAttempt((n) => n + 1);
    return now;
  }, [problem, reset]);
  // It may be back before anybody has read that it was away.
  useEffect(() => void again(), [again]);
  const byHand = async () => {
    // The server has it and the browser does not take it: some never ask twice for what failed once.
    if ((await again()) === "same") location.reload();
  };

  if (served === "updated") {
    return (
      <Stack maw={560}>
        <Title order={1}>Showrun was updated</Title>
        <Text>This page belongs to the version before. Load it again to go on; the address stays.</Text>
        <Group>
          <Button onClick={() => location.reload()}>Load again</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack maw={560}>
      <Title order={1}>This page could not be loaded</Title>
      <Text role="alert">
        {served === "away"
          ? "The server does not answer; it may be starting again. Collections go on without this page."
          : "A part of it did not come. Nothing that was saved is lost."}
      </Text>
      <Group>
        <Button loading={asking} onClick={() => void byHand()}>
          Try again
        </Button>
        {served === "away" && !asking && <Waiting attempt={attempt} act={() => void again()} />}
      </Group>
    </Stack>
  );
}

function Waiting({ attempt, act }: { attempt: number; act: () => void }) {
  const left = useCountdown(attempt, act);
  return (
    <Text size="sm" aria-hidden="true">
      {left > 0 ? `Trying again in ${left} s` : "Trying again…"}
    </Text>
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
        <PageProblem error={this.state.error} reset={this.reset} />
      </Container>
    );
  }

  reset = () => this.setState({ error: undefined });
}
