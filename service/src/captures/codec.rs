//! How texts are packed: whole, or as a patch on an earlier text of the same device. Pure.

use std::{
    cell::RefCell,
    io::{self, Write},
};

use sha2::{Digest, Sha256};
use zstd::{
    bulk::{Compressor, Decompressor},
    stream::write,
    zstd_safe::{CParameter, DCtx, get_error_name},
};

/// Fast, and nearly as small as the usual level for what devices print.
const WHOLE_LEVEL: i32 = 1;
/// A patch is small, so there is time to look for what did not change.
const PATCH_LEVEL: i32 = 6;
/// Texts up to this size may be patches, and may be patched on.
pub(crate) const LARGEST_PATCHED: usize = 1024 * 1024;
/// From this depth on a text is stored whole again, so that any version is read quickly.
pub(crate) const DEEPEST: i32 = 63;

/// SHA-256 of a text.
pub(crate) type Sha = [u8; 32];

/// The hash of a text.
pub(crate) fn sha(text: &[u8]) -> Sha {
    Sha256::digest(text).into()
}

/// The first eight bytes of a hash, for looking it up.
pub(crate) fn sha_key(sha: &[u8]) -> i64 {
    let first = sha.first_chunk::<8>().copied().unwrap_or_default();
    i64::from_be_bytes(first)
}

thread_local! {
    // Making one anew costs more than most texts.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packs a text by itself.
///
/// # Errors
/// When there is no memory for it.
pub(crate) fn pack(text: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(WHOLE_LEVEL)?),
        };
        compressor.compress(text)
    })
}

/// Packs a text as what differs from `base`.
///
/// # Errors
/// When there is no memory for it.
pub(crate) fn pack_patch(base: &[u8], text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = write::Encoder::with_ref_prefix(Vec::new(), PATCH_LEVEL, base)?;
    encoder.set_parameter(CParameter::WindowLog(window_log(base.len() + text.len())))?;
    encoder.set_parameter(CParameter::ContentSizeFlag(false))?;
    encoder.write_all(text)?;
    encoder.finish()
}

/// The text that was packed; `bytes` is its size.
///
/// # Errors
/// When the data or the base is not what it was packed with.
pub(crate) fn unpack(data: &[u8], base: Option<&[u8]>, bytes: usize) -> io::Result<Vec<u8>> {
    let text = match base {
        None => Decompressor::new()?.decompress(data, bytes)?,
        Some(base) => {
            // At once into its place: a stream would copy every text of a chain through a window of its own.
            let mut text = Vec::with_capacity(bytes);
            let mut context = DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
            context.ref_prefix(base).map_err(refused)?;
            context.decompress(&mut text, data).map_err(refused)?;
            text
        }
    };
    match text.len() == bytes {
        true => Ok(text),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a stored text has the wrong size",
        )),
    }
}

fn refused(code: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, get_error_name(code))
}

/// The smallest window that sees all of `bytes`.
fn window_log(bytes: usize) -> u32 {
    (usize::BITS - bytes.leading_zeros()).clamp(17, 22)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(lines: usize) -> Vec<u8> {
        let line = |n: usize| {
            format!(
                "interface Ethernet{n}\n description to rack {} port {}\n",
                n * 7 % 90,
                n * 13 % 48
            )
        };
        (0..lines).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn a_patch_of_a_few_lines_is_small_and_reads_back() {
        let base = config(800);
        let text = String::from_utf8(base.clone())
            .unwrap()
            .replacen("rack 7 ", "room 7 ", 3)
            .into_bytes();
        let patch = pack_patch(&base, &text).unwrap();
        assert!(patch.len() < 250, "{} bytes", patch.len());
        assert_eq!(unpack(&patch, Some(&base), text.len()).unwrap(), text);
        let whole = pack(&text).unwrap();
        assert!(whole.len() < text.len() / 4);
        assert_eq!(unpack(&whole, None, text.len()).unwrap(), text);
    }

    #[test]
    fn what_was_packed_with_another_base_or_size_is_not_taken_for_the_text() {
        let (base, text) = (config(100), config(101));
        let patch = pack_patch(&base, &text).unwrap();
        assert!(unpack(&patch, Some(&base), text.len() - 1).is_err());
        assert!(unpack(&patch, Some(&base), text.len() + 1).is_err());
        let other = unpack(&patch, Some(&config(50)), text.len());
        assert!(other.is_err() || other.unwrap() != text);
    }

    proptest! {
        #[test]
        fn any_bytes_read_back(base in prop::collection::vec(any::<u8>(), 0..3000), text in prop::collection::vec(any::<u8>(), 0..3000)) {
            prop_assert_eq!(&unpack(&pack(&text).unwrap(), None, text.len()).unwrap(), &text);
            prop_assert_eq!(&unpack(&pack_patch(&base, &text).unwrap(), Some(&base), text.len()).unwrap(), &text);
        }
    }
}
