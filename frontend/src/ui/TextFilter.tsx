import { TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

interface Props extends Omit<TextInputProps, "value" | "defaultValue" | "onChange"> {
  /** As the address has it. */
  value: string | undefined;
  /** Told a moment after the last letter, at once with Enter and when the field is left; without the spaces around. */
  onFilter: (value: string) => void;
  wait?: number;
}

/**
 * A field whose value lives in the address. What is typed comes back from there a moment later and must not disturb the
 * typing; what changes there by other ways (a cleared filter, the way back) is followed.
 */
export function TextFilter({ value = "", onFilter, wait = 250, ...rest }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useDebouncedCallback((next: string) => {
    if (next === told.current) return;
    told.current = next;
    onFilter(next);
  }, wait);
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    tell.cancel();
    setText(value);
  }, [value, tell]);
  return (
    <TextInput
      {...rest}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
      onBlur={() => tell.flush()}
      onKeyDown={(event) => {
        if (event.key === "Enter") tell.flush();
      }}
    />
  );
}
