import type { ReactNode } from "react";
import {
  coverageWord,
  failureWord,
  severityWord,
  statusWord,
  type Tone,
  verdictWord,
  type Word,
} from "../words";
import { IconCheck, IconClock, IconCross, IconInfo, IconNever, IconSpin, IconStop, IconWarn } from "./icons";

export function ToneIcon({ tone, size = 15, still }: { tone: Tone; size?: number; still?: boolean }) {
  switch (tone) {
    case "good":
      return <IconCheck size={size} />;
    case "bad":
      return <IconCross size={size} />;
    case "warn":
      return <IconWarn size={size} />;
    case "busy":
      return still ? <IconSpin size={size} /> : <IconSpin size={size} className="sr-spin" />;
    case "idle":
      return <IconClock size={size} />;
  }
}

/** A status is never colour alone: an icon and a word go with it. */
export function Chip({ word, icon, bare }: { word: Word; icon?: ReactNode; bare?: boolean }) {
  return (
    <span className="sr-status" data-tone={word.tone} data-bare={bare || undefined}>
      {icon ?? <ToneIcon tone={word.tone} />}
      <span className="sr-cut">{word.text}</span>
    </span>
  );
}

export function StatusChip({ status, bare = false }: { status: string; bare?: boolean }) {
  const icon = status === "cancelled" ? <IconStop size={15} /> : undefined;
  return <Chip word={statusWord(status)} icon={icon} bare={bare} />;
}

export function VerdictChip({ verdict, bare = false }: { verdict: string; bare?: boolean }) {
  return <Chip word={verdictWord(verdict)} bare={bare} />;
}

export function SeverityChip({ severity }: { severity: string }) {
  const word = severityWord(severity);
  return (
    <Chip
      word={word}
      icon={word.tone === "busy" || word.tone === "idle" ? <IconInfo size={15} /> : undefined}
    />
  );
}

/** Each state has its own picture: what was never tried is a gap, what the platform has no command for is none. */
export function CoverageIcon({ state, size = 15 }: { state: string; size?: number }) {
  if (state === "never") return <IconNever size={size} />;
  if (state === "not_supported") return <IconStop size={size} />;
  if (state === "stale") return <IconClock size={size} />;
  return <ToneIcon tone={coverageWord(state).tone} size={size} />;
}

export function CoverageChip({ state }: { state: string }) {
  return <Chip word={coverageWord(state)} icon={<CoverageIcon state={state} />} />;
}

export function FailureChip({ kind }: { kind: string }) {
  return <Chip word={{ text: failureWord(kind), tone: "bad" }} />;
}
