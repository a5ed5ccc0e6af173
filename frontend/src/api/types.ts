/** The names of the contract, so that a page never spells out `components["schemas"]`. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Problem = Schemas["Problem"];
export type Me = Schemas["Me"];
export type Role = Me["role"];
export type User = Schemas["User"];
export type ApiToken = Schemas["ApiToken"];
export type ApiTokenCreated = Schemas["ApiTokenCreated"];
export type Device = Schemas["Device"];
export type DeviceCreate = Schemas["DeviceCreate"];
export type DeviceUpdate = Schemas["DeviceUpdate"];
export type DeviceFacets = Schemas["DeviceFacets"];
export type DeviceImport = Schemas["DeviceImport"];
export type Facet = Schemas["Facet"];
export type Platform = Schemas["Platform"];
export type CaptureType = Schemas["CaptureType"];
export type Credential = Schemas["Credential"];
export type CredentialCreate = Schemas["CredentialCreate"];
export type Counts = Schemas["CollectionCounts"];
export type Collection = Schemas["Collection"];
export type CollectionCreate = Schemas["CollectionCreate"];
export type CollectionRetry = Schemas["CollectionRetry"];
export type CollectionCredentials = Schemas["CollectionCredentials"];
export type CollectionDevice = Schemas["CollectionDevice"];
export type Plan = Schemas["CollectionPlan"];
export type FailureGroup = Schemas["FailureGroup"];
export type CollectionComparison = Schemas["CollectionComparison"];
export type ComparedDevice = Schemas["ComparedDevice"];
export type ComparedRun = Schemas["ComparedRun"];
export type Difference = Schemas["Difference"];
export type DeviceCollection = Schemas["DeviceCollection"];
export type FailureBy = Schemas["FailureBy"];
export type Failures = Schemas["Failures"];

export type Preflight = Schemas["Preflight"];
export type PreflightDevice = Schemas["PreflightDevice"];
export type PreflightStep = Schemas["PreflightStep"];
export type Capture = Schemas["Capture"];
export type CaptureRecords = Schemas["CaptureRecords"];
export type ArpEntry = Schemas["ArpEntry"];
export type MacEntry = Schemas["MacEntry"];
export type Neighbor = Schemas["Neighbor"];
export type Interface = Schemas["Interface"];
export type Route = Schemas["Route"];
export type Component = Schemas["Component"];
export type DeviceVersion = Schemas["DeviceVersion"];
export type ConfigChange = Schemas["ConfigChange"];
export type DiffHunk = Schemas["DiffHunk"];
export type DiffLine = Schemas["DiffLine"];
export type DiffSide = Schemas["DiffSide"];
export type VolatileRule = Schemas["VolatileRule"];
export type Location = Schemas["Location"];
export type Sighting = Schemas["Sighting"];
export type SearchHit = Schemas["SearchHit"];
export type SearchLine = Schemas["SearchLine"];
export type Topology = Schemas["Topology"];
export type TopologyNode = Schemas["TopologyNode"];
export type Coverage = Schemas["Coverage"];
export type CoverageCounts = Schemas["CoverageCounts"];
export type CoverageState = Schemas["CoverageState"];
export type DeviceCoverage = Schemas["DeviceCoverage"];
export type TypeCoverage = Schemas["TypeCoverage"];
export type HostKey = Schemas["HostKey"];
export type HostKeyState = Schemas["HostKeyState"];
export type AuditEvent = Schemas["AuditEvent"];
export type Settings = Schemas["Settings"];
export type SettingsUpdate = Schemas["SettingsUpdate"];

/** An event as any version of the server may send it; `src/progress.ts` reads the types it knows. */
export interface ProgressEvent {
  seq: number;
  at: string;
  collection_id: string;
  type: string;
  data: object;
}

export interface Page<Item> {
  items: Item[];
  next_page_token?: string;
  total?: number;
}

/** The filters of `GET /devices` and of a collection; the API takes a text for a list of one, this page sends lists. */
export type DeviceFilters = { [Key in "vendor" | "platform" | "site" | "role" | "tag" | "name"]?: string[] };
