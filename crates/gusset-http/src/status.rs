//! Status codes as static strings.

use gusset_core::StaticStr;
use http::StatusCode;

// A `StatusCode` is in this range.
const MIN_CODE: usize = 100;
const MAX_CODE: usize = 999;
const CODES: usize = MAX_CODE - MIN_CODE + 1;

/// The digits of every status code, in order.
static DIGITS: [u8; CODES * 3] = {
    let mut digits = [0; CODES * 3];
    let mut code = MIN_CODE;
    while code <= MAX_CODE {
        let at = (code - MIN_CODE) * 3;
        digits[at] = b'0' + (code / 100) as u8;
        digits[at + 1] = b'0' + (code / 10 % 10) as u8;
        digits[at + 2] = b'0' + (code % 10) as u8;
        code += 1;
    }
    digits
};

static TEXTS: [&str; CODES] = {
    let mut texts = [""; CODES];
    let mut code = MIN_CODE;
    while code <= MAX_CODE {
        let (_, rest) = DIGITS.split_at((code - MIN_CODE) * 3);
        let (digits, _) = rest.split_at(3);
        texts[code - MIN_CODE] = match std::str::from_utf8(digits) {
            Ok(text) => text,
            Err(_) => panic!("digits are UTF-8"),
        };
        code += 1;
    }
    texts
};

/// Returns the digits of a status code: `200`.
///
/// ```
/// use gusset_http::status_code_str;
/// use http::StatusCode;
///
/// assert_eq!(status_code_str(StatusCode::NOT_FOUND).as_str(), "404");
/// ```
#[inline]
pub fn status_code_str(status: StatusCode) -> StaticStr {
    StaticStr::new(&TEXTS[usize::from(status.as_u16()) - MIN_CODE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_digits() {
        for code in 100..=999u16 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(status_code_str(status).as_str(), status.as_str());
        }
    }
}
