/** How many of the devices that are planned would be tried without any login. */
export interface Unbound {
  devices: number;
  of: number;
}

/** As the plan words it; a server that words it otherwise has its sentence shown as it is. */
const NO_CREDENTIAL = /^(\d+) of (\d+) devices have no credential\b/;

export function splitWarnings(warnings: readonly string[]): {
  unbound: Unbound | undefined;
  others: string[];
} {
  const found = warnings.map((warning) => NO_CREDENTIAL.exec(warning)).find((match) => match !== null);
  return {
    unbound: found ? { devices: Number(found[1]), of: Number(found[2]) } : undefined,
    others: warnings.filter((warning) => !NO_CREDENTIAL.test(warning)),
  };
}
