//! A test in a line.

/// Makes a test of a function of your own crate that computes CRC-32, at depth quick.
///
/// ```
/// crcheck_harness::test!(crc32 = |crc, buf| crcheck_harness::kernel::update(crc, buf));
/// ```
///
/// A closure with one argument is a function that begins anew in each call. Attributes stand in
/// front of the name. Behind the closure are options, which are methods of [`Test`](crate::Test):
///
/// ```
/// # mod mycrate {
/// #     pub fn kermit(crc: u16, _: &[u8]) -> u16 { crc }
/// #     pub fn crc32(buf: &[u8]) -> u32 { crcheck_harness::kernel::checksum(buf) }
/// # }
/// crcheck_harness::test!(one_shot = |buf| mycrate::crc32(buf));
/// crcheck_harness::test!(
///     #[ignore = "it takes minutes"]
///     kermit = |crc, buf| mycrate::kermit(crc, buf),
///     model = "CRC-16/KERMIT",
///     depth = "default",
///     checks = ["agree", "guard"],
///     allow = [("under-read", "callers pad")],
/// );
/// ```
///
/// A test that fails prints the finding and the command that shows it again, and saves the smallest
/// case of each finding in `crcheck-regressions`, beside the manifest of your package. Commit this
/// folder: the next run judges the cases in it first.
///
/// ```should_panic
/// let wrong = |crc: u32, buf: &[u8]| crcheck_harness::kernel::update(crc, buf) ^ 1;
/// let test = crcheck_harness::Test::new("wrong", wrong).artifacts("");
/// test.checks(["agree"]).run().assert_passed();
/// ```
#[macro_export]
macro_rules! test {
    (@with $test:expr $(,)?) => {
        $test
    };
    (@with $test:expr, allow = [$(($kind:expr, $because:expr)),* $(,)?] $(, $($rest:tt)*)?) => {
        $crate::test!(@with $test$(.allow($kind, $because))* $(, $($rest)*)?)
    };
    (@with $test:expr, $option:ident = $value:expr $(, $($rest:tt)*)?) => {
        $crate::test!(@with $test.$option($value) $(, $($rest)*)?)
    };
    (@define [$($attribute:tt)*] $name:ident, $kernel:expr $(, $($options:tt)*)?) => {
        #[test]
        $($attribute)*
        fn $name() {
            let test = $crate::Test::new(stringify!($name), $kernel).in_module(
                env!("CARGO_PKG_NAME"),
                env!("CARGO_MANIFEST_DIR"),
                module_path!(),
                // Cargo sets it for the programs of `tests`.
                option_env!("CARGO_TARGET_TMPDIR").is_some(),
            );
            let test = $crate::test!(@with test $(, $($options)*)?);
            test.run().assert_passed();
        }
    };
    ($(#[$attribute:meta])* $name:ident = |$crc:ident, $buf:ident| $value:expr
        $(, $($options:tt)*)?) => {
        $crate::test!(@define [$(#[$attribute])*] $name, |$crc, $buf: &[u8]| $value
            $(, $($options)*)?);
    };
    ($(#[$attribute:meta])* $name:ident = |$buf:ident| $value:expr $(, $($options:tt)*)?) => {
        $crate::test!(@define [$(#[$attribute])*] $name, |$buf: &[u8]| $value
            $(, $($options)*)?);
    };
    ($(#[$attribute:meta])* $name:ident = $kernel:expr $(, $($options:tt)*)?) => {
        $crate::test!(@define [$(#[$attribute])*] $name, $kernel $(, $($options)*)?);
    };
}
