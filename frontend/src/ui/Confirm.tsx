import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { ProblemNotice } from "./Problem";

interface Props {
  label: string;
  icon?: ReactNode;
  title: string;
  confirm: string;
  loading: boolean;
  error?: unknown;
  onConfirm: () => void;
  small?: boolean;
  children: ReactNode;
}

/** For what cannot be taken back: says what will happen, and the button names it. */
export function Confirm(props: Props) {
  const { label, icon, title, confirm, loading, error, onConfirm, small, children } = props;
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked || loading) return;
    setAsked(false);
    if (!error) setOpen(false);
  }, [asked, loading, error]);
  return (
    <>
      <Button variant="default" size={small ? "xs" : "sm"} leftSection={icon} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={title}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Stack>
          <Text size="sm" component="div">
            {children}
          </Text>
          {error !== undefined && error !== null && <ProblemNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              Keep
            </Button>
            <Button
              color="red.8"
              loading={loading}
              onClick={() => {
                onConfirm();
                setAsked(true);
              }}
            >
              {confirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
