//! Your own kernel, judged in your own test.
use crcheck_harness::check::depth::DepthName;
use crcheck_harness::report::verdict::ExitCode;
use crcheck_harness::subject::{Subject, SubjectName};
use crcheck_harness::{report, verify};

/// CRC-32/ISO-HDLC by the definition. Call your own code in its place.
struct Mine;

impl Subject for Mine {
    fn name(&self) -> SubjectName {
        "mine".into()
    }

    fn update(&self, checksum: u64, message: &[u8]) -> u64 {
        let mut register = !(checksum as u32);
        for &byte in message {
            register ^= u32::from(byte);
            for _ in 0..8 {
                register = (register >> 1) ^ (0xedb8_8320 & (register & 1).wrapping_neg());
            }
        }
        u64::from(!register)
    }
}

#[test]
fn it_is_right() {
    let report = verify(Box::new(Mine), DepthName::Quick, 1).expect("judges and memory");
    assert!(
        report.exit_code == ExitCode::Passed,
        "{}",
        report::human(&report)
    );
}
