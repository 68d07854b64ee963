//! `/run/utmp`: records of `utmp(5)`.

/// The size of a record of glibc: 400 bytes where time has 64 bits in it, 384 bytes elsewhere, also on x86-64.
const RECORD_BYTES: usize = if cfg!(any(target_arch = "aarch64", target_arch = "riscv64")) {
    400
} else {
    384
};

/// The type of a record of someone who is signed in.
const USER_PROCESS: i16 = 7;

/// Returns the sign-in sessions. `None` if the file does not consist of whole records.
pub(crate) fn parse(text: &[u8]) -> Option<u64> {
    let records = text.chunks_exact(RECORD_BYTES);
    if !records.remainder().is_empty() {
        return None;
    }
    let signed_in = |record: &&[u8]| i16::from_ne_bytes([record[0], record[1]]) == USER_PROCESS;
    Some(records.filter(signed_in).count() as u64)
}
