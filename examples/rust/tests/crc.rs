//! The kernels of this crate, at every length and alignment.

crcheck_harness::test!(crc32 = |crc, buf| mycrate::crc32(crc, buf));

crcheck_harness::test!(
    kermit = |buf| mycrate::kermit(buf),
    model = "CRC-16/KERMIT",
    depth = "quick",
    checks = ["agree", "guard", "slack"],
    allow = [("under-read", "callers pad")],
);

crcheck_harness::test!(
    #[ignore = "it fails, and shows what a failure looks like"]
    crc32_by_words = |crc, buf| mycrate::crc32_by_words(crc, buf)
);

#[test]
fn every_table_is_right() {
    for rows in [1, 4, 8] {
        let table = mycrate::Table::new(rows);
        let kernel = move |crc: u32, buf: &[u8]| table.update(crc, buf);
        let test = crcheck_harness::Test::new(format!("table-{rows}"), kernel);
        let report = test.checks(["agree", "split"]).run();
        report.assert_passed();
    }
}
