import { Kbd, Modal, Table, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { go, gone, isGoing, isShortcut } from "./keys";

const GO: Record<string, { to: "/" | "/collections" | "/devices" | "/captures" | "/collect"; name: string }> =
  {
    h: { to: "/", name: "dashboard" },
    c: { to: "/collections", name: "collections" },
    d: { to: "/devices", name: "devices" },
    t: { to: "/captures", name: "captures" },
    n: { to: "/collect", name: "a new collection" },
  };

/** Single keys, away from fields; a person who dictates can turn them off (WCAG 2.1.4). */
export function Shortcuts() {
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      const target = isGoing() ? GO[event.key] : undefined;
      gone();
      if (target) {
        event.preventDefault();
        void navigate({ to: target.to });
      } else if (event.key === "g") {
        go();
      } else if (event.key === "?") {
        setHelp(true);
      } else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("main input[data-search]");
        if (field) {
          event.preventDefault();
          field.focus();
          field.select();
        }
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate]);

  return (
    <Modal
      opened={help}
      onClose={() => setHelp(false)}
      title="Keys"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Table>
        <Table.Tbody>
          {Object.entries(GO).map(([key, { name }]) => (
            <Table.Tr key={key}>
              <Table.Td>
                <Kbd>g</Kbd> <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>go to {name}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Td>
              <Kbd>Ctrl</Kbd> <Kbd>k</Kbd>
            </Table.Td>
            <Table.Td>go to a page, a device or a collection by its name</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>/</Kbd>
            </Table.Td>
            <Table.Td>search in this page</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>Enter</Kbd> <Kbd>Shift</Kbd> <Kbd>Enter</Kbd>
            </Table.Td>
            <Table.Td>next line found, line found before, in the field of a text</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>j</Kbd> <Kbd>k</Kbd> <Kbd>Enter</Kbd>
            </Table.Td>
            <Table.Td>next row, previous row, open it, when a table has the focus</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>x</Kbd>
            </Table.Td>
            <Table.Td>choose or leave out the row, in the wizard</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>n</Kbd> <Kbd>p</Kbd>
            </Table.Td>
            <Table.Td>next or previous device that failed, in a collection and its results</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>r</Kbd>
            </Table.Td>
            <Table.Td>retry failed devices, once the collection has ended</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>Esc</Kbd>
            </Table.Td>
            <Table.Td>close what is open</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed" mt="sm">
        These keys can be turned off under your account.
      </Text>
    </Modal>
  );
}
