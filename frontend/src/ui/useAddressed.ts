import { type Dispatch, type SetStateAction, useEffect, useState } from "react";

/**
 * The text of a field that is sent with a button. What is typed stays until the address says something else, as on the way
 * back; the field itself stays too, and with it the focus.
 */
export function useAddressed(value: string | undefined): [string, Dispatch<SetStateAction<string>>] {
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  return [text, setText];
}
