import { Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

const STEPS = ["Select devices & commands", "Configure options", "Collecting", "Complete"] as const;

/** Where one is in the wizard; the steps behind are links where going back makes sense. */
export function Steps({
  current,
  links = {},
}: {
  current: 1 | 2 | 3 | 4;
  links?: Record<number, ReactNode>;
}) {
  return (
    <nav aria-label="Steps of the collection">
      <ol className="sr-steps">
        {STEPS.map((name, index) => {
          const step = index + 1;
          return (
            <li
              key={name}
              aria-current={step === current ? "step" : undefined}
              data-done={step < current || undefined}
            >
              <span className="sr-muted">{step}</span>{" "}
              <span className="sr-step-name">{links[step] ?? name}</span>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

export function stepName(step: 1 | 2 | 3 | 4): string {
  return STEPS[step - 1] ?? "";
}

/** The heading of a step takes the focus when the step changes, so that a screen reader says where one is. */
export function StepHeading({ step, children }: { step: 1 | 2 | 3 | 4; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change of the step is what this is about
  useEffect(() => {
    if (first.current) first.current = false;
    else heading.current?.focus();
  }, [step]);
  useEffect(() => {
    // While it collects, the title says how far it is.
    if (step !== 3) document.title = `${stepName(step)} · Showrun`;
  }, [step]);
  return (
    <Title order={1} tabIndex={-1} ref={heading} className="sr-any">
      {children ?? stepName(step)}
    </Title>
  );
}
