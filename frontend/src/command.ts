/** What a direct collection is told; the flags of `showrun collect --direct`. */
export interface DirectCollection {
  platform: string;
  captureTypes: readonly string[];
  /** `HOST` or `HOST:PORT`. */
  addresses: readonly string[];
  user?: string;
  passwordFile?: string;
  out?: string;
}

/** The command line of a direct collection, safe to paste into a POSIX shell. */
export function collectCommand(collection: DirectCollection): string {
  const { platform, captureTypes, addresses, user, passwordFile, out } = collection;
  const words = ["showrun", "collect", "--direct", "--platform", platform, "--types", captureTypes.join(",")];
  if (user !== undefined) words.push("--user", user);
  if (passwordFile !== undefined) words.push("--password-file", passwordFile);
  if (out !== undefined) words.push("--out", out);
  return [...words, ...addresses].map(shellWord).join(" ");
}

/** A word as it is where the shell takes it literally, else in single quotes. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
