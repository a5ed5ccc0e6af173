import { Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { ApiProblem } from "../api/problem";
import { start } from "../api/session";
import { ProblemNotice } from "../ui/Problem";
import { useCountdown } from "./useCountdown";

/** The page was loaded while the server was away, as in a restart: it asks again by itself until there is an answer. */
export function Unreachable({ problem }: { problem: ApiProblem }) {
  const [attempt, setAttempt] = useState(1);
  const before = useRef(problem);
  useEffect(() => {
    if (before.current === problem) return;
    before.current = problem;
    setAttempt((n) => n + 1);
  }, [problem]);
  const left = useCountdown(attempt, () => void start());
  return (
    <Stack gap="sm">
      <ProblemNotice error={problem} onRetry={() => void start()} />
      <Text size="sm">{left > 0 ? `Trying again in ${left} s` : "Trying again…"}</Text>
    </Stack>
  );
}
