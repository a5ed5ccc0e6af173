/** The same collection for a terminal or a script. Secrets are never written out: they are named, as variables. */
import type { CollectionCreate } from "../api/types";

const SECRETS: Record<string, string> = {
  password: "DEVICE_PASSWORD",
  enable_password: "DEVICE_ENABLE_PASSWORD",
  private_key: "DEVICE_PRIVATE_KEY",
  passphrase: "DEVICE_KEY_PASSPHRASE",
};

function secretsOf(request: CollectionCreate): [string, string][] {
  return Object.entries(SECRETS).filter(([field]) => request.credentials && field in request.credentials);
}

/** A word as JSON has it between quotes, for secrets with quotes or several lines. */
const JSON_WORD = [
  "json() {",
  '  printf \'%s.\' "$1" | sed \'s/["\\\\]/\\\\&/g\' | awk \'{ gsub(/\\t/, "\\\\t"); gsub(/\\r/, "\\\\r"); s = s (NR > 1 ? "\\\\n" : "") $0 }',
  '    END { printf "%s", substr(s, 1, length(s) - 1) }\'',
  "}",
];

/** The body with each secret replaced by what `name` makes of its variable. */
function bodyWith(request: CollectionCreate, name: (variable: string) => unknown): unknown {
  if (!request.credentials) return request;
  const credentials: Record<string, unknown> = { ...request.credentials };
  for (const [field, variable] of secretsOf(request)) credentials[field] = name(variable);
  return { ...request, credentials };
}

const MARK = "\u0001";

export function curl(origin: string, request: CollectionCreate): string {
  const json = JSON.stringify(
    bodyWith(request, (variable) => `${MARK}${variable}${MARK}`),
    null,
    2,
  );
  // The shell looks into a here-document for variables, which is wanted for the secrets and for nothing else.
  const escaped = json.replace(/[\\$`]/g, "\\$&");
  const body = escaped.replace(
    /\\\\u0001(\w+?)\\\\u0001/g,
    (_, variable: string) => `$(json "$${variable}")`,
  );
  const set = secretsOf(request).map(([, variable]) => variable);
  return [
    `# Needs SHOWRUN_TOKEN (an API token)${set.length > 0 ? ` and ${set.join(", ")}` : ""} in the environment.`,
    ...(set.length > 0 ? JSON_WORD : []),
    `curl --fail-with-body -sS -X POST '${origin}/api/v1/collections' \\`,
    '  -H "Authorization: Bearer $SHOWRUN_TOKEN" \\',
    "  -H 'Content-Type: application/json' \\",
    "  --data-binary @- <<EOF",
    body,
    "EOF",
  ].join("\n");
}

export function python(origin: string, request: CollectionCreate): string {
  const set = secretsOf(request).map(([, variable]) => variable);
  return [
    "# Python 3, nothing to install.",
    `# Needs SHOWRUN_TOKEN (an API token)${set.length > 0 ? ` and ${set.join(", ")}` : ""} in the environment.`,
    "import json, os, time, urllib.request",
    "",
    `SERVER = ${literal(origin)}`,
    "",
    "def call(method, path, body=None):",
    "    request = urllib.request.Request(",
    '        SERVER + "/api/v1" + path,',
    "        data=None if body is None else json.dumps(body).encode(),",
    "        method=method,",
    '        headers={"Authorization": "Bearer " + os.environ["SHOWRUN_TOKEN"], "Content-Type": "application/json"},',
    "    )",
    "    with urllib.request.urlopen(request) as answer:",
    "        return json.load(answer)",
    "",
    `collection = call("POST", "/collections", ${literal(bodyWith(request, (variable) => new Environment(variable)))})`,
    'while collection["stage"] != "finished":',
    "    time.sleep(2)",
    '    collection = call("GET", "/collections/" + collection["id"])',
    'print(collection["devices_succeeded"], "succeeded,", collection["devices_failed"], "failed")',
    "",
  ].join("\n");
}

/** As the wizard's filters are called on the command line. */
const FLAGS = ["vendor", "platform", "site", "role", "tag"] as const;

/**
 * The same by the command `showrun`, which knows no ids: `credential` is the name of a saved credential, `devices` are the
 * names where devices are chosen one by one.
 */
export function command(
  origin: string,
  request: CollectionCreate,
  credential?: string | undefined,
  devices: readonly string[] = [],
): string {
  const { credentials, options = {} } = request;
  const parts = [
    "showrun collect",
    `--server ${quoted(origin)}`,
    `--types ${quoted((request.capture_types ?? ["configs"]).join(","))}`,
  ];
  const filters = (devices.length > 0 ? {} : (request.filters ?? {})) as Partial<
    Record<string, string | string[]>
  >;
  const names = [filters.name ?? []].flat();
  for (const flag of FLAGS) {
    for (const value of [filters[flag] ?? []].flat()) parts.push(`--${flag} ${quoted(value)}`);
  }
  for (const device of devices) parts.push(`--device ${quoted(device)}`);
  if (parts.length === 3 && names.length === 0) parts.push("--all");
  if (request.name) parts.push(`--name ${quoted(request.name)}`);
  const needs = ["SHOWRUN_TOKEN (an API token)"];
  if (credentials?.credential_id)
    parts.push(`--credential ${quoted(credential ?? credentials.credential_id)}`);
  if (credentials?.username) parts.push(`--user ${quoted(credentials.username)}`);
  if (credentials?.password) needs.push("SHOWRUN_PASSWORD (of the devices)");
  for (const [field, flag, variable] of FILES) {
    if (!credentials || !(field in credentials)) continue;
    parts.push(`--${flag} "$${variable}"`);
    needs.push(`${variable} (the path of a file)`);
  }
  for (const [field, flag] of NUMBERS) {
    const value = options[field];
    if (typeof value === "number") parts.push(`--${flag} ${value}`);
  }
  if (options.auto_load_db === false) parts.push("--no-load");
  if (options.keep_transcripts) parts.push("--keep-transcripts");
  parts.push(...names.map(quoted));
  return [`# Needs in the environment: ${needs.join(", ")}.`, parts.join(" \\\n  ")].join("\n");
}

const FILES = [
  ["enable_password", "enable-password-file", "DEVICE_ENABLE_PASSWORD_FILE"],
  ["private_key", "key", "DEVICE_PRIVATE_KEY_FILE"],
  ["passphrase", "passphrase-file", "DEVICE_KEY_PASSPHRASE_FILE"],
] as const;

const NUMBERS = [
  ["max_workers", "workers"],
  ["max_per_site", "max-per-site"],
  ["retries", "retries"],
  ["auth_failure_limit", "auth-failure-limit"],
  ["connect_timeout_seconds", "connect-timeout-seconds"],
  ["command_timeout_seconds", "command-timeout-seconds"],
  ["command_total_seconds", "command-total-seconds"],
] as const;

/** A word for a shell, whatever is in it. */
function quoted(text: string): string {
  return /^[\w.:/@,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

class Environment {
  constructor(readonly variable: string) {}
}

/** A value as Python writes it. */
function literal(value: unknown, indent = ""): string {
  if (value instanceof Environment) return `os.environ["${value.variable}"]`;
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  const deeper = `${indent}    `;
  if (Array.isArray(value)) return `[${value.map((each) => literal(each, deeper)).join(", ")}]`;
  const entries = Object.entries(value).map(
    ([key, each]) => `${deeper}${JSON.stringify(key)}: ${literal(each, deeper)},`,
  );
  return entries.length === 0 ? "{}" : `{\n${entries.join("\n")}\n${indent}}`;
}
