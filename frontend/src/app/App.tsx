import { Button, Center, Container, Loader, MantineProvider, Stack } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { queryClient } from "../api/queries";
import { start, useSession } from "../api/session";
import { Login } from "./Login";
import { LastBoundary } from "./PageProblem";
import { router } from "./router";
import { cssVariables, theme } from "./theme";
import { Unreachable } from "./Unreachable";

export function App({ nonce }: { nonce: string | undefined }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={cssVariables}
      {...(nonce === undefined ? {} : { getStyleNonce: () => nonce })}
    >
      <LastBoundary>
        <QueryClientProvider client={queryClient}>
          <Gate />
        </QueryClientProvider>
      </LastBoundary>
    </MantineProvider>
  );
}

/** The address stays what it is while somebody signs in, so that a link from a ticket leads where it points. */
function Gate() {
  const session = useSession((state) => state.session);
  useEffect(() => {
    void start();
  }, []);
  useEffect(() => {
    // What one person saw is not for the next one at this screen.
    if (session.state === "signed_out") queryClient.clear();
  }, [session.state]);

  switch (session.state) {
    case "unknown":
      return <Waiting />;
    case "unreachable":
      return (
        <Container size="sm" py={80} component="main">
          <Unreachable problem={session.problem} />
        </Container>
      );
    case "signed_out":
      return <Login reason={session.reason} />;
    case "signed_in":
      return <RouterProvider router={router} />;
  }
}

/** Nothing at first: a spinner for a moment is a flash too. */
function Waiting() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 400);
    return () => clearTimeout(timer);
  }, []);
  if (!long) return null;
  return (
    <Center mih="100dvh">
      <Stack align="center">
        <Loader aria-label="Loading" />
        <Button variant="subtle" color="gray" onClick={() => location.reload()}>
          Taking long? Load again
        </Button>
      </Stack>
    </Center>
  );
}
