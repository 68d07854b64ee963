//! A receiver that is down, slow or strange: nothing waits for it, and what is lost is counted.
