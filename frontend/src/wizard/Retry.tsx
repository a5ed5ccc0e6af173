import { Button, Group, Modal, Stack, Switch, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client";
import { useIdempotencyKey } from "../api/idempotency";
import { queryClient } from "../api/queries";
import type { CollectionRetry } from "../api/types";
import { useKeys } from "../app/keys";
import { useCan } from "../app/role";
import { IconRetry } from "../ui/icons";
import { ProblemNotice } from "../ui/Problem";
import { LoginFields } from "./LoginFields";
import { credentialsOf, DEFAULT_LOGIN, missingIn } from "./request";

interface Props {
  collectionId: string;
  label: string;
  only?: NonNullable<CollectionRetry["only"]>;
  includeCancelled?: boolean;
  /** The one of its page, which the key `r` opens. */
  primary?: boolean;
  /** Offers another login at once. */
  otherLogin?: boolean;
}

/** A new collection of just these devices and just what they lack; with other credentials if wanted. */
export function Retry({ collectionId, label, only, includeCancelled, primary, otherLogin = false }: Props) {
  const operator = useCan("operator");
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [other, setOther] = useState(otherLogin);
  const [login, setLogin] = useState(DEFAULT_LOGIN);
  const key = useIdempotencyKey();
  useKeys({ r: primary && operator ? () => setOpen(true) : undefined });
  const retry = useMutation({
    mutationFn: () => {
      const credentials = other ? credentialsOf(login) : undefined;
      const body: CollectionRetry = {
        ...(only === undefined ? {} : { only }),
        ...(includeCancelled ? { include_cancelled: true } : {}),
        ...(credentials === undefined ? {} : { credentials }),
      };
      const path = { id: collectionId };
      return ask(api.POST("/collections/{id}/retry", { params: { path }, headers: key.of(body), body }));
    },
    onSettled: (_, error) => key.settled(error),
    onSuccess: (collection) => {
      void queryClient.invalidateQueries({ queryKey: ["collections"] });
      void navigate({ to: "/collections/$id/run", params: { id: collection.id } });
    },
  });
  if (!operator) return null;
  const missing = other ? missingIn(login) : undefined;

  return (
    <>
      <Button
        size={primary ? "sm" : "xs"}
        variant={primary ? "filled" : "default"}
        leftSection={<IconRetry size={15} />}
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={label}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Stack>
          <Text size="sm">
            This starts a new collection that is linked to this one. Only what was not captured completely is
            collected again.
          </Text>
          <Switch
            label="Use other credentials"
            checked={other}
            onChange={(event) => setOther(event.currentTarget.checked)}
          />
          {other && (
            <LoginFields
              login={login}
              onChange={(change) => setLogin((before) => ({ ...before, ...change }))}
            />
          )}
          {retry.error && <ProblemNotice error={retry.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              Close
            </Button>
            <Button
              leftSection={<IconRetry size={15} />}
              loading={retry.isPending}
              disabled={missing !== undefined}
              onClick={() => retry.mutate()}
            >
              Start the retry
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
