import { Box, Text } from "@mantine/core";
import { useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client";
import { queryClient } from "../api/queries";
import { useReach } from "../api/reach";
import { Notice } from "../ui/Problem";
import { useCountdown } from "./useCountdown";

/** What is on the screen stays there while the server is away; it is said that it may be old. */
export function Outage() {
  const away = useReach((state) => state.away);
  // A running collection says it itself, and follows on by itself.
  const follows = useRouterState({ select: (state) => state.location.pathname.endsWith("/run") });
  return away && !follows ? <Banner /> : null;
}

function Banner() {
  const [attempt, setAttempt] = useState(1);
  const left = useCountdown(attempt, async () => {
    try {
      await ask(api.GET("/version"));
      // What failed meanwhile is asked for again.
      void queryClient.invalidateQueries();
    } catch {
      setAttempt((n) => n + 1);
    }
  });
  return (
    <Box mb="md">
      <Notice tone="warn" role="status" title="The server cannot be reached">
        <Text size="sm">
          What stands here may be out of date. Collections go on without this page.{" "}
          <span aria-hidden="true">{left > 0 ? `Trying again in ${left} s` : "Trying again…"}</span>
        </Text>
      </Notice>
    </Box>
  );
}
