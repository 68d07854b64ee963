//! `grpc-status`: any value is one of the 17 codes, and each code has a name and a number.
#![no_main]

use gusset_fuzz::headers;
use gusset_http::GrpcCode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<(u8, Vec<u8>)>, u16)| {
    let (fields, number) = input;
    let headers = headers(&["grpc-status", "grpc-message"], &fields);
    let code = GrpcCode::from_headers(&headers);
    assert_eq!(code.is_some(), headers.contains_key("grpc-status"));
    let value = headers
        .get("grpc-status")
        .and_then(|value| value.to_str().ok());
    let sent = value.filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    let sent = sent
        .and_then(|value| value.parse::<u128>().ok())
        .filter(|code| *code <= 16);
    if let Some(code) = code {
        let expected = sent.unwrap_or(GrpcCode::UNKNOWN.number().into());
        assert_eq!(u128::from(code.number()), expected);
        check(code);
    }

    let code = GrpcCode::from_number(number);
    check(code);
    let is_known = number <= 16;
    assert!(if is_known {
        u16::from(code.number()) == number
    } else {
        code == GrpcCode::UNKNOWN
    });
});

fn check(code: GrpcCode) {
    assert!(code.number() <= 16);
    assert_eq!(GrpcCode::from_number(code.number().into()), code);
    assert_eq!(GrpcCode::from_name(code.name()), Some(code));
}
