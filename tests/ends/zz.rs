use gusset_tests::cases::*;
use crate::play::*;
#[test]
fn zz() {
    for over in [Over::Http1, Over::Http2, Over::AxumHttp1] {
        for asks in [Asks::Get, Asks::Head, Asks::PostUnread] {
            for answer in Answer::ALL {
                for stay in Stay::ALL {
                let case = Case { asks, answer, stay, over };
                if crate::expected::expected(case).is_err() { continue }
                let (w, f) = observed(case);
                println!("== {case}: {} {:?} {} err {:?}\n{w}", f.end, f.stage, f.bytes, f.error);
                }
            }
        }
    }
}
