import createClient from "openapi-fetch";
import { ApiProblem, problemOf, unreachable } from "./problem";
import { isAway, useReach } from "./reach";
import type { paths } from "./schema";
import { authorise, renew } from "./session";

/** Sends with the access token; an expired one is renewed once and the request sent again. */
export async function authorisedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 401) return response;
  const renewed = await renew();
  return renewed ? send(again) : response;
}

async function send(request: Request): Promise<Response> {
  authorise(request.headers);
  try {
    const response = await fetch(request);
    useReach.setState({ away: isAway(response.status) });
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    useReach.setState({ away: true });
    throw unreachable(error);
  }
}

export const api = createClient<paths>({ baseUrl: `${location.origin}/api/v1`, fetch: authorisedFetch });

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of a success; anything else is thrown as a problem. */
export async function ask<Data>(asked: Promise<Answer<Data>>): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(error, response);
  if (data === undefined && response.status !== 204) {
    throw new ApiProblem({ title: "The answer was empty", code: "empty", status: response.status });
  }
  return data as Exclude<Data, undefined>;
}

/** A text of the API that is not JSON: a capture, a transcript, an export. */
export async function askText(path: string): Promise<string> {
  const response = await answered(path);
  return response.text();
}

export async function askBlob(path: string): Promise<Blob> {
  const response = await answered(path);
  return response.blob();
}

async function answered(path: string): Promise<Response> {
  const response = await authorisedFetch(new Request(new URL(path, location.origin)));
  if (!response.ok) throw problemOf(await response.json().catch(() => undefined), response);
  return response;
}

/** A fresh `Idempotency-Key`; `randomUUID` is missing where the page comes over plain HTTP from another machine. */
export function idempotencyKey(): { "Idempotency-Key": string } {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}
