//! MAC addresses in the notations that platforms use.

/// A MAC address, in the low 48 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Mac(pub(crate) u64);

impl Mac {
    fn byte(self, index: u32) -> u8 {
        (self.0 >> (40 - 8 * index)) as u8
    }

    /// `0011.2233.4455`
    pub(crate) fn dotted(self) -> String {
        format!(
            "{:04x}.{:04x}.{:04x}",
            self.0 >> 32 & 0xffff,
            self.0 >> 16 & 0xffff,
            self.0 & 0xffff
        )
    }

    /// `0011-2233-4455`
    pub(crate) fn dashed(self) -> String {
        format!(
            "{:04x}-{:04x}-{:04x}",
            self.0 >> 32 & 0xffff,
            self.0 >> 16 & 0xffff,
            self.0 & 0xffff
        )
    }

    /// `00:11:22:aa:bb:cc`
    pub(crate) fn colon(self) -> String {
        format!(
            "{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}",
            self.byte(0),
            self.byte(1),
            self.byte(2),
            self.byte(3),
            self.byte(4),
            self.byte(5)
        )
    }

    /// `00:11:22:AA:BB:CC`
    pub(crate) fn upper(self) -> String {
        self.colon().to_uppercase()
    }

    /// The address so many further on.
    pub(crate) fn plus(self, count: u64) -> Mac {
        Mac(self.0.wrapping_add(count) & 0xffff_ffff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations() {
        let mac = Mac(0x0011_22aa_bbcc);
        assert_eq!(mac.dotted(), "0011.22aa.bbcc");
        assert_eq!(mac.dashed(), "0011-22aa-bbcc");
        assert_eq!(mac.colon(), "00:11:22:aa:bb:cc");
        assert_eq!(mac.upper(), "00:11:22:AA:BB:CC");
    }
}
