import { Tooltip } from "@mantine/core";
import { queryOptions } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import type { Page, PreflightDevice, PreflightStep } from "../api/types";
import { IconStop } from "../ui/icons";
import { ToneIcon } from "../ui/Status";
import { stepWord, type Word } from "../words";

/** The hurdles before the first command, in the order in which a device is led over them. */
export const STEPS: PreflightStep["step"][] = ["dns", "tcp", "host_key", "login", "platform", "privilege"];

export function preflightQuery(id: string) {
  return queryOptions({
    queryKey: ["preflights", id],
    queryFn: () => ask(api.GET("/preflights/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.status === "running" ? 1_000 : false),
  });
}

export function readDevices(
  id: string,
  page: { limit: number; page_token?: string; status?: string[] },
): Promise<Page<PreflightDevice>> {
  return ask(api.GET("/preflights/{id}/devices", { params: { path: { id }, query: page } }));
}

export function stepResult(result: PreflightStep | undefined): Word {
  switch (result?.status) {
    case "ok":
      return { text: "passed", tone: "good" };
    case "failed":
      return { text: "failed", tone: "bad" };
    default:
      return { text: "not tried", tone: "idle" };
  }
}

export function StepIcon({ word }: { word: Word }) {
  return word.tone === "idle" ? <IconStop size={14} /> : <ToneIcon tone={word.tone} size={16} />;
}

export function StepCell(props: { device: string; step: string; result: PreflightStep | undefined }) {
  const { result } = props;
  const word = stepResult(result);
  const label = `${stepWord(props.step)}: ${word.text}${result?.message ? `, ${result.message}` : ""}`;
  return (
    <Tooltip label={label} multiline maw={360}>
      <span className="sr-matrix-cell" data-tone={word.tone} role="img" aria-label={label}>
        <StepIcon word={word} />
      </span>
    </Tooltip>
  );
}
