import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { askText } from "../api/client";
import { Panel } from "./Page";
import { ProblemNotice } from "./Problem";
import { TextLines } from "./TextLines";

/** What was said on the line; kept for devices that did not succeed, for a few days. `of` is the address of what it belongs to. */
export function Transcript({ of }: { of: string }) {
  const [wanted, setWanted] = useState(false);
  const text = useQuery({
    queryKey: ["transcript", of],
    queryFn: () => askText(`/api/v1/${of}/transcript`),
    enabled: wanted,
  });
  return (
    <Panel title="Session transcript">
      {text.data !== undefined ? (
        <TextLines lines={text.data.replace(/\n$/, "").split("\n")} find="" label="Session transcript" />
      ) : text.error ? (
        <ProblemNotice error={text.error} />
      ) : (
        <Button
          variant="default"
          size="xs"
          loading={wanted && text.isPending}
          onClick={() => setWanted(true)}
        >
          Show what was said on the line
        </Button>
      )}
    </Panel>
  );
}
