//! Status codes as tokens.

use gusset_core::StaticStr;
use http::StatusCode;

const FIRST: usize = 100;
const LAST: usize = 999;

/// The digits of every status code, one after the other.
static DIGITS: [u8; (LAST - FIRST + 1) * 3] = {
    let mut digits = [0; (LAST - FIRST + 1) * 3];
    let mut code = FIRST;
    while code <= LAST {
        let at = (code - FIRST) * 3;
        digits[at] = b'0' + (code / 100) as u8;
        digits[at + 1] = b'0' + (code / 10 % 10) as u8;
        digits[at + 2] = b'0' + (code % 10) as u8;
        code += 1;
    }
    digits
};

static TEXTS: [&str; LAST - FIRST + 1] = {
    let mut texts = [""; LAST - FIRST + 1];
    let mut code = FIRST;
    while code <= LAST {
        let (_, rest) = DIGITS.split_at((code - FIRST) * 3);
        let (digits, _) = rest.split_at(3);
        texts[code - FIRST] = match std::str::from_utf8(digits) {
            Ok(text) => text,
            Err(_) => panic!("digits are UTF-8"),
        };
        code += 1;
    }
    texts
};

/// The status code as a token: `200`.
///
/// ```
/// use gusset_http::status_code_str;
/// use http::StatusCode;
///
/// assert_eq!(status_code_str(StatusCode::NOT_FOUND).as_str(), "404");
/// ```
#[inline]
pub fn status_code_str(status: StatusCode) -> StaticStr {
    // A `StatusCode` is 100 to 999 by its own invariant.
    StaticStr::new(&TEXTS[usize::from(status.as_u16()) - FIRST])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_code_is_its_own_digits() {
        for code in 100..=999u16 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(status_code_str(status).as_str(), status.as_str());
        }
    }
}
