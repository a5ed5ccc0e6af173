import type { ReactNode } from "react";
import { duration } from "../format";
import { IconStop } from "../ui/icons";
import { Chip } from "../ui/Status";
import { kindWord, type Look } from "./tables";

/** A value of a record as a person reads it. */
export function Cell({ value, look = "plain" }: { value: unknown; look?: Look | undefined }): ReactNode {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "boolean") {
    return look === "state" ? (
      <Chip
        word={value ? { text: "Up", tone: "good" } : { text: "Down", tone: "idle" }}
        icon={value ? undefined : <IconStop size={15} />}
        bare
      />
    ) : value ? (
      "yes"
    ) : (
      "no"
    );
  }
  if (look === "duration" && typeof value === "number") return duration(value);
  if (look === "kind" && typeof value === "string") return <span title={value}>{kindWord(value)}</span>;
  const text = plain(value);
  return look === "plain" || look === "state" ? (
    <span title={text}>{text}</span>
  ) : (
    <span className="sr-mono" title={text}>
      {text}
    </span>
  );
}

interface LabelledProps {
  title: string;
  value: unknown;
  look?: Look | undefined;
  /** On a phone there is no head of the table: each value says what it is. */
  narrow: boolean;
}

/** A value in a table, with its name where nothing else says it. */
export function Labelled({ title, value, look, narrow }: LabelledProps): ReactNode {
  if (!narrow) return <Cell value={value} look={look} />;
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) {
    return null;
  }
  return (
    <>
      <span className="sr-label" aria-hidden="true">
        {title}
      </span>{" "}
      <Cell value={value} look={look} />
    </>
  );
}

/** Lists and objects in one line. */
export function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, each]) => `${key.replaceAll("_", " ")} ${plain(each)}`)
      .join(", ");
  }
  return String(value);
}
