/** From what the wizard holds to what the API takes. Pure, so that the plan, the check and the start ask for the same. */

import type { CollectionCreate, CollectionCredentials, DeviceFilters } from "../api/types";
import { clean } from "../app/search";

export interface Selection {
  filters: DeviceFilters;
  /** Single devices instead of all that match; an empty list is no device at all. */
  only: string[] | undefined;
  /** Of all that match, the ones left out. */
  excluded: readonly string[];
}

export const LOGIN_KINDS = ["saved", "password", "key"] as const;

export function isLoginKind(kind: string | undefined): kind is Login["kind"] {
  return LOGIN_KINDS.some((each) => each === kind);
}

export interface Login {
  kind: (typeof LOGIN_KINDS)[number];
  /** Of a saved credential; absent means each device's own. */
  credentialId: string | undefined;
  username: string;
  password: string;
  enablePassword: string;
  privateKey: string;
  passphrase: string;
}

export interface Options {
  name: string;
  workers: number;
  autoLoad: boolean;
  commandTimeout: number;
  /** Absent: as the platform's file says, 300 seconds for most commands and more for long ones. */
  commandTotal: number | undefined;
  connectTimeout: number;
  maxPerSite: number;
  authFailureLimit: number;
  retries: number;
  keepTranscripts: boolean;
}

export const DEFAULT_LOGIN: Login = {
  kind: "saved",
  credentialId: undefined,
  username: "",
  password: "",
  enablePassword: "",
  privateKey: "",
  passphrase: "",
};

export const DEFAULT_OPTIONS: Options = {
  name: "",
  workers: 5,
  autoLoad: true,
  commandTimeout: 15,
  commandTotal: undefined,
  connectTimeout: 10,
  maxPerSite: 0,
  authFailureLimit: 3,
  retries: 0,
  keepTranscripts: false,
};

/** Absent means that each device uses its own credential. */
export function credentialsOf(login: Login): CollectionCredentials | undefined {
  const { kind, credentialId, username, password, enablePassword, privateKey, passphrase } = login;
  switch (kind) {
    case "saved":
      return credentialId === undefined ? undefined : { credential_id: credentialId };
    case "password":
      return { username, ...clean({ password, enable_password: enablePassword }) };
    case "key":
      return {
        username,
        ...clean({ private_key: privateKey, passphrase, enable_password: enablePassword }),
      };
  }
}

/** What is still missing before a login can be tried. */
export function missingIn(login: Login): string | undefined {
  if (login.kind === "saved") return undefined;
  if (login.username.trim() === "") return "Enter a user name.";
  if (login.kind === "password" && login.password === "") return "Enter a password.";
  if (login.kind === "key" && login.privateKey.trim() === "") return "Paste or choose a private key.";
  return undefined;
}

export function devicesOf(
  selection: Selection,
): Pick<CollectionCreate, "devices" | "exclude_devices" | "filters"> {
  if (selection.only !== undefined) return { devices: selection.only };
  return {
    filters: selection.filters,
    ...(selection.excluded.length === 0 ? {} : { exclude_devices: [...selection.excluded] }),
  };
}

export function requestOf(
  selection: Selection,
  captureTypes: readonly string[],
  login: Login,
  options: Options,
): CollectionCreate {
  const credentials = credentialsOf(login);
  return {
    ...(options.name.trim() === "" ? {} : { name: options.name.trim() }),
    ...devicesOf(selection),
    capture_types: [...captureTypes],
    ...(credentials === undefined ? {} : { credentials }),
    options: {
      max_workers: options.workers,
      auto_load_db: options.autoLoad,
      command_timeout_seconds: options.commandTimeout,
      ...(options.commandTotal === undefined ? {} : { command_total_seconds: options.commandTotal }),
      connect_timeout_seconds: options.connectTimeout,
      max_per_site: options.maxPerSite,
      auth_failure_limit: options.authFailureLimit,
      retries: options.retries,
      ...(options.keepTranscripts ? { keep_transcripts: true } : {}),
    },
  };
}
