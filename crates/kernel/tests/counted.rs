//! The count that shows a test whether it has reached a tier. The counters belong to the process,
//! so this test has one of its own.

use crcheck_kernel::Tier;

#[test]
fn a_call_is_counted_once_and_an_uncounted_one_never() {
    const CHECK: (&[u8], u32) = (b"123456789", 0xcbf4_3926);
    for tier in Tier::available() {
        let kernel = tier.kernel().expect("it is available");
        let before = tier.entered();
        assert_eq!(kernel.update_uncounted(0, CHECK.0), CHECK.1, "{tier}");
        assert_eq!(tier.entered(), before, "{tier}");
        assert_eq!(kernel.update(0, CHECK.0), CHECK.1, "{tier}");
        assert_eq!(tier.entered(), before + 1, "{tier}");
    }
}
