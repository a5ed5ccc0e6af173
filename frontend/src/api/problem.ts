import { isAway } from "./reach";
import type { Problem } from "./types";

/** What the server (or the way to it) answered instead of what was asked for. */
export class ApiProblem extends Error {
  readonly title: string;
  readonly detail: string | undefined;
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly errors: { pointer: string; detail: string }[];

  constructor(problem: Partial<Problem> & { title: string; code: string; status: number }) {
    super(problem.detail ?? problem.title);
    this.name = "ApiProblem";
    this.title = problem.title;
    this.detail = problem.detail;
    this.code = problem.code;
    this.status = problem.status;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
  }

  /** The server did not answer at all; asking again later is worth it. */
  get unreachable(): boolean {
    return this.status === 0 || isAway(this.status);
  }

  get forbidden(): boolean {
    return this.status === 403;
  }
}

export function unreachable(cause: unknown): ApiProblem {
  const problem = new ApiProblem({
    title: "The server cannot be reached",
    code: "network",
    status: 0,
    detail: "Check the connection. Collections that run on the server go on without this page.",
  });
  problem.cause = cause;
  return problem;
}

/** Any answer that is not a success, also one that is no problem document (a proxy's error page). */
export function problemOf(body: unknown, response: Response): ApiProblem {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  if (typeof body === "object" && body !== null && "title" in body && typeof body.title === "string") {
    const given = body as Partial<Problem> & { title: string };
    return new ApiProblem({
      ...given,
      code: given.code ?? "unknown",
      status: given.status ?? response.status,
      ...(given.request_id === undefined && requestId !== undefined ? { request_id: requestId } : {}),
    });
  }
  return new ApiProblem({
    title: response.statusText || `The server answered ${response.status}`,
    code: "unknown",
    status: response.status,
    ...(requestId === undefined ? {} : { request_id: requestId }),
  });
}

export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    title: "Something went wrong in this page",
    code: "page",
    status: 0,
    detail: error instanceof Error ? error.message : String(error),
  });
}
