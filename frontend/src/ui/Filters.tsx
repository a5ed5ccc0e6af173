import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useState } from "react";

interface Props {
  /** The ones that are used most. */
  children: ReactNode;
  more: ReactNode;
  /** Whether one of the others narrows the list now. */
  moreInUse: boolean;
  /** Dates are among them, which need more room. */
  wide?: boolean;
}

/** On a phone the first filters stand above the list and the others are a touch away. */
export function Filters({ children, more, moreInUse, wide = false }: Props) {
  const roomy = useMediaQuery("(min-width: 640px)", true);
  const [all, setAll] = useState(false);
  const open = roomy || all || moreInUse;
  return (
    <div className="sr-filters" data-many={!wide || undefined} data-wide={wide || undefined}>
      {children}
      {open ? (
        more
      ) : (
        <Button variant="default" onClick={() => setAll(true)}>
          More filters
        </Button>
      )}
    </div>
  );
}
