//! The calls of the races, once each, on one thread.
//!
//! Races show by chance and take their time. A value that is wrong without them is known after one
//! call, and a stop that comes before the races are over does not hide it.

use super::Work;
use super::steady::explain_wrong;
use crate::session::Session;
use crcheck_subject::{FILLS, Kind, Wait};

/// The room for the longest call, in bytes.
const CAPACITY_BYTES: usize = 1 << 14;

/// Makes each call until one is not right, and reports a wrong value. What stops a call is left to
/// the races.
pub(super) fn judge<'w>(session: &mut Session<'_>, works: impl Iterator<Item = &'w Work>) {
    // A caller of its own: the session does not count what stops its calls.
    let Ok(mut caller) = crcheck_subject::open(session.subject(), CAPACITY_BYTES) else {
        return;
    };
    caller.renew(&session.control().until());
    caller.set_wait(Wait::Short);
    let seen = works.into_iter().find_map(|work| {
        let case = &work.case;
        let outcome = caller.call(case.placement, work.checksum, &case.message, FILLS[0]);
        (outcome.as_ref() != Ok(&work.expected)).then_some((work, outcome))
    });
    let Some((work, Ok(got))) = seen else {
        return;
    };
    // The end of the run may come between what was seen and what it is.
    let control = session.control();
    session.examiner.caller.renew(&control.until_described());
    session.collect(|examiner, found| {
        let finding = explain_wrong(examiner, &work.case, [work.expected, got], "");
        // A value that is right after another call depends on history.
        if finding.kind == Kind::WrongValue {
            found(finding);
        }
    });
    session.examiner.caller.renew(&control.until());
}
