/** The words for what the API calls by slugs. The vocabulary is the contract's; nothing is invented here. */

export type Tone = "good" | "bad" | "warn" | "busy" | "idle";

export interface Word {
  text: string;
  tone: Tone;
}

const STATUS: Record<string, Word> = {
  queued: { text: "Queued", tone: "idle" },
  running: { text: "Running", tone: "busy" },
  cancelling: { text: "Cancelling", tone: "warn" },
  succeeded: { text: "Succeeded", tone: "good" },
  partially_succeeded: { text: "Partial", tone: "warn" },
  failed: { text: "Failed", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "idle" },
  finished: { text: "Finished", tone: "good" },
};

const VERDICT: Record<string, Word> = {
  complete: { text: "Complete", tone: "good" },
  truncated: { text: "Truncated", tone: "bad" },
  rejected: { text: "Rejected", tone: "bad" },
  empty: { text: "Empty", tone: "warn" },
  not_run: { text: "Not run", tone: "idle" },
  suspicious: { text: "Suspicious", tone: "warn" },
};

const FAILURE: Record<string, string> = {
  dns_failed: "Name not found",
  connection_refused: "Connection refused",
  connect_timeout: "No answer",
  no_route: "No route to host",
  ssh_negotiation_failed: "No common SSH algorithm",
  host_key_unknown: "Host key unknown",
  host_key_changed: "Host key changed",
  authentication_failed: "Authentication failed",
  interaction_required: "Device asks a question",
  credential_paused: "Credential paused",
  shell_refused: "Shell refused",
  privilege_failed: "Privileged mode refused",
  prompt_not_found: "Prompt not found",
  command_timeout: "Command timed out",
  command_rejected: "Command rejected",
  output_truncated: "Output truncated",
  output_empty: "Output empty",
  output_suspicious: "Output suspicious",
  output_too_large: "Output too large",
  disconnected: "Disconnected",
  not_supported: "Not supported",
  address_forbidden: "Address forbidden",
  cancelled: "Cancelled",
  internal: "Internal error",
};

const SEVERITY: Record<string, Word> = {
  low: { text: "Low", tone: "idle" },
  medium: { text: "Medium", tone: "busy" },
  high: { text: "High", tone: "warn" },
  critical: { text: "Critical", tone: "bad" },
};

const COVERAGE: Record<string, Word> = {
  fresh: { text: "Fresh", tone: "good" },
  stale: { text: "Stale", tone: "warn" },
  failing: { text: "Failing", tone: "bad" },
  never: { text: "Never", tone: "busy" },
  not_supported: { text: "Not supported", tone: "idle" },
};

const EVIDENCE: Record<string, string> = {
  real: "Tested on real devices",
  recorded: "Tested on recorded sessions",
  simulated: "Tested on simulated devices",
  documented: "From the vendor's document, not tested",
};

const STEP: Record<string, string> = {
  dns: "Name",
  tcp: "TCP",
  host_key: "Host key",
  login: "Login",
  platform: "Platform",
  privilege: "Privilege",
};

/** `bgp_summary` → `Bgp summary`: readable for a slug that is newer than this page. */
export function humanise(slug: string): string {
  const words = slug.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function statusWord(status: string): Word {
  return STATUS[status] ?? { text: humanise(status), tone: "idle" };
}

export function verdictWord(verdict: string): Word {
  return VERDICT[verdict] ?? { text: humanise(verdict), tone: "idle" };
}

export function failureWord(kind: string): string {
  return FAILURE[kind] ?? humanise(kind);
}

export function severityWord(severity: string): Word {
  return SEVERITY[severity] ?? { text: humanise(severity), tone: "idle" };
}

export function coverageWord(state: string): Word {
  return COVERAGE[state] ?? { text: humanise(state), tone: "idle" };
}

export function evidenceWord(evidence: string): string {
  return EVIDENCE[evidence] ?? humanise(evidence);
}

export function stepWord(step: string): string {
  return STEP[step] ?? humanise(step);
}

/** What the audit log calls what was done; offered to choose from. */
export const AUDIT_ACTIONS = [
  "api_token.create",
  "api_token.delete",
  "auth.login",
  "auth.login_failed",
  "auth.logout",
  "auth.refresh_reused",
  "capture.accept",
  "capture.delete",
  "capture.purge",
  "capture.reparse",
  "collection.cancel",
  "collection.create",
  "collection.delete",
  "collection.retry",
  "credential.close",
  "credential.create",
  "credential.delete",
  "credential.release",
  "credential.update",
  "credential.use",
  "device.create",
  "device.delete",
  "device.import",
  "device.update",
  "host_key.accept",
  "host_key.delete",
  "host_key.offer",
  "preflight.create",
  "settings.update",
  "transcript.view",
  "user.create",
  "user.delete",
  "user.password",
  "user.update",
  "volatile_rule.create",
  "volatile_rule.delete",
] as const;

export const FAILURE_KINDS = Object.keys(FAILURE);
export const SEVERITIES = Object.keys(SEVERITY);
export const VERDICTS = Object.keys(VERDICT);
export const COLLECTION_STATUSES = [
  "queued",
  "running",
  "cancelling",
  "succeeded",
  "partially_succeeded",
  "failed",
  "cancelled",
] as const;
export const DEVICE_STATUSES = [
  "queued",
  "running",
  "succeeded",
  "partially_succeeded",
  "failed",
  "cancelled",
] as const;

/** As the catalogue calls the usual capture types. */
const USUAL: Record<string, string> = {
  configs: "Configuration",
  arp: "ARP Table",
  mac: "MAC Table",
  lldp: "LLDP Neighbors",
  interfaces: "Interfaces",
  routes: "Routes",
  version: "Version",
  inventory: "Inventory",
};

/** What a collection is called; one without a name by what it captures. */
export function nameOf(collection: { name: string; capture_types: readonly string[] }): string {
  const types = collection.capture_types.map((type) => USUAL[type] ?? humanise(type));
  return collection.name || types.join(", ") || "Collection";
}
