import { Text } from "@mantine/core";
import { Notice } from "../ui/Problem";

/** Of a link whose single devices are kept in another tab: until they are chosen again, nothing may start. */
export function LostDevices() {
  return (
    <Notice tone="warn" title="The single devices of this link are not known here">
      <Text size="sm">
        They are too many for an address and are kept in the tab where they were chosen, until its collection
        starts. Choose them again, or use filters.
      </Text>
    </Notice>
  );
}
