//! Kernels with several wrong entries in a table.

use crate::crc32;
use crate::right_diagnosis::RightDiagnosis;
use crate::spec::FaultSpec;
use crate::test_kernel::TestKernel;
use crcheck_harness::diagnose::RowFault;

/// A kernel by bytes, with `spoil` applied to its table.
fn by_bytes(fault: RowFault, spoil: impl Fn(&mut Vec<u32>)) -> (TestKernel, RightDiagnosis) {
    let mut row = crc32::table(crc32::IEEE)[0].to_vec();
    spoil(&mut row);
    let kernel = TestKernel::new(move |checksum, message| {
        !message.iter().fold(!checksum, |register, &byte| {
            (register >> 8) ^ row[usize::from(register as u8 ^ byte)]
        })
    });
    let (rows, row) = (1, 0);
    (kernel, RightDiagnosis::TableRow { rows, row, fault })
}

/// Takes entries out of a table, and fills it up at its end.
fn take_out(row: &mut Vec<u32>, first: usize, count: usize) {
    row.drain(first..first + count);
    row.resize(256, 0);
}

pub(super) const FAULTS: &[FaultSpec] = &[
    FaultSpec::drawn(
        "table-entries-missing",
        "lacks some entries of its table, so that later ones stand too early",
        "analogdevicesinc/TMC-API 88: a line of the table is missing",
        |draw| {
            let count = draw.one(&[1, 4, 8, 16, 32]);
            let first = count * draw.number(0, 256 / count - 2);
            by_bytes(RowFault::Missing { first, count }, |row| {
                take_out(row, first, count);
            })
        },
    ),
    FaultSpec::drawn(
        "table-entries-zero",
        "has zeros for some entries of its table",
        "a loop that fills the table ends too early",
        |draw| {
            let count = draw.number(2, 100);
            let first = draw.number(1, 256 - count);
            by_bytes(RowFault::Zero { first, count }, |row| {
                row[first..first + count].fill(0);
            })
        },
    ),
    FaultSpec::drawn(
        "table-of-halves-entry",
        "has a wrong entry in a table of 16, which takes each byte in two halves",
        "small tables that are copied by hand",
        |draw| {
            let table = crc32::table(crc32::IEEE)[0];
            let (index, difference) = (draw.number(1, 15), draw.word() | 1);
            let look_up = move |half: u32| {
                let half = half as usize & 15;
                table[half << 4] ^ if half == index { difference } else { 0 }
            };
            let step = move |register: u32| look_up(register) ^ (register >> 4);
            let kernel = TestKernel::new(move |checksum, message| {
                let bytes = message.iter();
                !bytes.fold(!checksum, |register, &byte| {
                    step(step(register ^ u32::from(byte)))
                })
            });
            let difference = difference.into();
            let fault = RowFault::OfHalves { index, difference };
            let (rows, row) = (1, 0);
            (kernel, RightDiagnosis::TableRow { rows, row, fault })
        },
    ),
    FaultSpec::drawn(
        "table-entries-late",
        "has some entries of its table twice, so that later ones stand too late",
        "a line of the table that was pasted twice",
        |draw| {
            let count = draw.one(&[1, 4, 8, 16, 32]);
            // One entry at the end would be a wrong entry and no more.
            let first = count * draw.number(1, 256 / count - 2);
            by_bytes(RowFault::Late { first, count }, |row| {
                row.copy_within(first - count..256 - count, first);
            })
        },
    ),
];
