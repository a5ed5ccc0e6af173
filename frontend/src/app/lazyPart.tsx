import { type ComponentType, type FunctionComponent, use } from "react";

/** A part of the product that did not come over the line. Unlike what the router has for it, it can be asked for again. */
export class PartProblem extends Error {
  /** Asks for it again; whether it came. */
  readonly retry: () => Promise<boolean>;

  constructor(cause: unknown, retry: () => Promise<boolean>) {
    super("A part of this page could not be loaded");
    this.name = "PartProblem";
    this.cause = cause;
    this.retry = retry;
  }
}

/** The bundler takes a style sheet that failed for one that is there: only another page asks for it again. */
function isStyle(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith("Unable to preload CSS");
}

// `void`: what a page returns is inferred from the routes, which are not known before their pages are.
type PropsOf<Part> = Part extends (props: infer Props) => void ? Props : never;
export type LazyPart<Props> = FunctionComponent<Props> & { preload: () => Promise<void> | undefined };

/**
 * A component that is fetched when it is first needed. One that does not come is thrown as a `PartProblem`, and the page is
 * never loaded anew by itself: while the server restarts there would be nothing to load.
 */
export function lazyPart<Module, Name extends keyof Module>(
  read: () => Promise<Module>,
  name: Name,
): LazyPart<PropsOf<Module[Name]>> {
  type Props = PropsOf<Module[Name]>;
  let Part: ComponentType<Props> | undefined;
  let problem: PartProblem | undefined;
  let reading: Promise<void> | undefined;

  const load = () => {
    if (Part !== undefined || isStyle(problem?.cause)) return undefined;
    reading ??= read()
      .then(
        (module) => {
          Part = module[name] as ComponentType<Props>;
          problem = undefined;
        },
        (cause: unknown) => {
          problem = new PartProblem(cause, retry);
        },
      )
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const retry = async () => {
    await load();
    return Part !== undefined;
  };

  // biome-ignore lint/correctness/noComponentHookFactories: each is made once, when the module loads
  function Lazy(props: Props & object) {
    if (Part === undefined && problem === undefined) {
      const coming = load();
      if (coming) use(coming);
    }
    if (Part !== undefined) return <Part {...props} />;
    throw problem;
  }
  return Object.assign(Lazy, { preload: load }) as LazyPart<Props>;
}
