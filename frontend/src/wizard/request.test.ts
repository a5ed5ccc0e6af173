import { describe, expect, it } from "vitest";
import { credentialsOf, DEFAULT_LOGIN, DEFAULT_OPTIONS, missingIn, requestOf } from "./request";

describe("requestOf", () => {
  it("sends the selection as a query, with the devices left out", () => {
    const request = requestOf(
      { filters: { vendor: ["Cisco"] }, only: undefined, excluded: ["a"] },
      ["configs"],
      DEFAULT_LOGIN,
      DEFAULT_OPTIONS,
    );
    expect(request.filters).toEqual({ vendor: ["Cisco"] });
    expect(request.exclude_devices).toEqual(["a"]);
    expect(request.devices).toBeUndefined();
    expect(request.credentials).toBeUndefined();
    expect(request.options).toMatchObject({ max_workers: 5, auto_load_db: true });
  });

  it("sends single devices without filters", () => {
    const request = requestOf(
      { filters: { vendor: ["Cisco"] }, only: ["a", "b"], excluded: ["c"] },
      ["arp"],
      DEFAULT_LOGIN,
      DEFAULT_OPTIONS,
    );
    expect(request.devices).toEqual(["a", "b"]);
    expect(request.filters).toBeUndefined();
    expect(request.exclude_devices).toBeUndefined();
  });
});

describe("credentialsOf", () => {
  it("never sends a secret of a way to log in that was not chosen", () => {
    const typed = { ...DEFAULT_LOGIN, username: "u", password: "p", privateKey: "k", credentialId: "c" };
    expect(credentialsOf({ ...typed, kind: "saved" })).toEqual({ credential_id: "c" });
    expect(credentialsOf({ ...typed, kind: "password" })).toEqual({ username: "u", password: "p" });
    expect(credentialsOf({ ...typed, kind: "key" })).toEqual({ username: "u", private_key: "k" });
  });

  it("says what is missing", () => {
    expect(missingIn(DEFAULT_LOGIN)).toBeUndefined();
    expect(missingIn({ ...DEFAULT_LOGIN, kind: "password" })).toMatch(/user name/);
    expect(missingIn({ ...DEFAULT_LOGIN, kind: "password", username: "u" })).toMatch(/password/);
    expect(missingIn({ ...DEFAULT_LOGIN, kind: "key", username: "u" })).toMatch(/key/);
  });
});
