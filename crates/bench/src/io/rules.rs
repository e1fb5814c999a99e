//! The article's rules of thumb, judged by the rows of a run.

use crate::io::facts::{Answer, FileFacts, IoReport, IoRow, RuleAnswer};
use crate::io::method::IoMethod;
use crate::io::size::file_size_name;

/// More page faults a second than this speak against mmap, says the article.
const FAULTS_PER_S: f64 = 10_000.0;

/// Smaller buffers are too small, says the article, in bytes.
const BUFFER_BYTES: usize = 64 << 10;

/// Judges every rule on every file.
pub fn judge(report: &IoReport) -> Vec<RuleAnswer> {
    let files = report.files().into_iter();
    files
        .flat_map(|file| {
            let rows = report.rows_of(file);
            let sentences = [
                faults_speak_against_mmap(&rows),
                small_buffers_are_too_small(&rows),
                mmap_makes_few_calls(&rows),
                chains_cost_memory_and_calls(&rows),
            ];
            let rules = [
                "more than 10,000 page faults a second: not mmap",
                "buffers under 64 KiB are too small",
                "mmap makes few system calls",
                "chains of readers take much memory and many calls",
            ];
            rules
                .into_iter()
                .zip(sentences)
                .map(move |(rule, judged)| answered(rule, file, judged))
        })
        .collect()
}

type Judged = Result<(Answer, String), &'static str>;

fn answered(rule: &str, file: FileFacts, judged: Judged) -> RuleAnswer {
    let (answer, because) = judged.unwrap_or_else(|missing| (Answer::Open, missing.to_owned()));
    RuleAnswer {
        rule: rule.to_owned(),
        on: file.to_string(),
        answer,
        because,
    }
}

/// The rows of crcheck's own methods on one thread.
fn rows_of<'r>(rows: &[&'r IoRow], method: IoMethod) -> Vec<&'r IoRow> {
    let is_shown = |row: &&&IoRow| {
        row.setup.method == method && row.setup.threads == 1 && row.setup.has_checksum
    };
    rows.iter().filter(is_shown).copied().collect()
}

fn fastest<'r>(rows: &[&'r IoRow]) -> Option<&'r IoRow> {
    let by_rate = |a: &&&IoRow, b: &&&IoRow| a.gb_per_s.total_cmp(&b.gb_per_s);
    rows.iter().max_by(by_rate).copied()
}

/// Whether every run of `row` was faster than every one of `other`.
fn is_faster(row: &IoRow, other: &IoRow) -> bool {
    row.gb_per_s_min > other.gb_per_s_max
}

fn rate(row: &IoRow) -> String {
    format!("{} {:.2} GB/s", row.setup, row.gb_per_s)
}

fn faults_speak_against_mmap(rows: &[&IoRow]) -> Judged {
    let mapped = [IoMethod::Mmap, IoMethod::MmapPopulate].map(|method| rows_of(rows, method));
    let mapped = fastest(&mapped.concat()).ok_or("no row of mmap")?;
    let read = fastest(&rows_of(rows, IoMethod::Read)).ok_or("no row of read")?;
    let faults = mapped.minor_faults_per_s.zip(mapped.major_faults_per_s);
    let (minor, major) = faults.ok_or("the system does not count page faults")?;
    let faults = minor + major;
    let is_many = faults > FAULTS_PER_S;
    let answer = match (is_faster(mapped, read), is_faster(read, mapped)) {
        (false, false) => Answer::Open,
        (is_mmap_faster, _) if is_mmap_faster == is_many => Answer::Refuted,
        _ => Answer::Confirmed,
    };
    let because = format!(
        "{} at {faults:.0} faults a second, the best buffer {}",
        rate(mapped),
        rate(read)
    );
    Ok((answer, because))
}

fn small_buffers_are_too_small(rows: &[&IoRow]) -> Judged {
    let read = rows_of(rows, IoMethod::Read);
    let bytes = |row: &&&IoRow| row.setup.buffer_bytes.unwrap_or(0);
    let small: Vec<&IoRow> = read
        .iter()
        .filter(|row| bytes(row) < BUFFER_BYTES)
        .copied()
        .collect();
    let limit = read.iter().find(|row| bytes(row) == BUFFER_BYTES);
    let limit = *limit.ok_or("no row of read with 64 KiB")?;
    let best_small = fastest(&small).ok_or("no row of read with less than 64 KiB")?;
    let best = fastest(&read).ok_or("no row of read")?;
    let answer = if small.iter().all(|row| is_faster(limit, row)) {
        Answer::Confirmed
    } else if best_small.gb_per_s >= limit.gb_per_s {
        Answer::Refuted
    } else {
        Answer::Open
    };
    let because = format!(
        "the best small one is {}, {}, the best of all {}: 64 KiB has {:.0} % of the best",
        rate(best_small),
        rate(limit),
        rate(best),
        100.0 * limit.gb_per_s / best.gb_per_s
    );
    Ok((answer, because))
}

fn mmap_makes_few_calls(rows: &[&IoRow]) -> Judged {
    let mapped = rows_of(rows, IoMethod::Mmap);
    let mapped = mapped.first().ok_or("no row of mmap")?;
    let read = fastest(&rows_of(rows, IoMethod::Read)).ok_or("no row of read")?;
    let calls = mapped.system_calls.zip(read.system_calls);
    let (mapped_calls, read_calls) = calls.ok_or("system calls are not counted here")?;
    if mapped_calls.source != read_calls.source {
        return Err("the calls of mmap and read are not counted by the same means");
    }
    let answer = if mapped_calls.count * 2 <= read_calls.count {
        Answer::Confirmed
    } else {
        Answer::Refuted
    };
    let because = format!(
        "mmap {}, {} {}",
        mapped_calls.count, read.setup, read_calls.count
    );
    Ok((answer, because))
}

fn chains_cost_memory_and_calls(rows: &[&IoRow]) -> Judged {
    let long = rows_of(rows, IoMethod::Chain(3));
    let long = long.first().ok_or("no row of chain-3")?;
    let buffer_bytes = long.setup.buffer_bytes;
    let mut read = rows_of(rows, IoMethod::Read).into_iter();
    let read = read.find(|row| row.setup.buffer_bytes == buffer_bytes);
    let read = read.ok_or("no row of read with the buffer of the chain")?;
    let calls = long.system_calls.zip(read.system_calls);
    let memory = long.anonymous_bytes.zip(read.anonymous_bytes);
    let (calls, memory) = calls
        .zip(memory)
        .ok_or("calls or memory are not counted here")?;
    let has_more_calls = calls.0.count > calls.1.count + calls.1.count / 10;
    let has_more_memory = memory.0 > memory.1;
    let is_slower = is_faster(read, long);
    let answer = if has_more_calls && has_more_memory {
        Answer::Confirmed
    } else {
        Answer::Refuted
    };
    let because = format!(
        "{} and {} of memory and {} calls, {} and {} and {} calls{}",
        rate(long),
        file_size_name(memory.0),
        calls.0.count,
        rate(read),
        file_size_name(memory.1),
        calls.1.count,
        if is_slower {
            ": the copies cost time"
        } else {
            ""
        }
    );
    Ok((answer, because))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::cache::CacheState;
    use crate::io::facts::{CallSource, SystemCalls};
    use crate::io::setup::Setup;
    use crate::io::test_file::FileForm;

    fn row(method: IoMethod, buffer_bytes: usize, gb_per_s: f64) -> IoRow {
        IoRow {
            file: FileFacts {
                size_bytes: 1 << 30,
                form: FileForm::Preallocated,
                cache: CacheState::Warm,
            },
            setup: Setup {
                method,
                buffer_bytes: Some(buffer_bytes).filter(|bytes| *bytes > 0),
                threads: 1,
                has_checksum: true,
            },
            is_bound: false,
            read_bytes: 1 << 30,
            gb_per_s,
            gb_per_s_min: gb_per_s * 0.99,
            gb_per_s_max: gb_per_s * 1.01,
            seconds: vec![1.0],
            system_calls: Some(SystemCalls {
                count: if buffer_bytes == 0 { 4 } else { 1000 },
                source: CallSource::Trace,
            }),
            minor_faults_per_s: Some(20_000.0),
            major_faults_per_s: Some(0.0),
            pss_bytes: Some(1 << 20),
            pss_before_bytes: Some(1 << 20),
            anonymous_bytes: Some(1 << 16),
            cached_before: 1.0,
        }
    }

    fn answers(rows: &[IoRow]) -> Vec<Answer> {
        let rows: Vec<&IoRow> = rows.iter().collect();
        let judged = [
            faults_speak_against_mmap(&rows),
            small_buffers_are_too_small(&rows),
            mmap_makes_few_calls(&rows),
            chains_cost_memory_and_calls(&rows),
        ];
        let answer = |judged: Judged| judged.map_or(Answer::Open, |(answer, _)| answer);
        judged.map(answer).to_vec()
    }

    #[test]
    fn the_answer_follows_the_rows() {
        use Answer::{Confirmed, Open, Refuted};
        let mut rows = vec![
            row(IoMethod::Mmap, 0, 20.0),
            row(IoMethod::Read, 4 << 10, 5.0),
            row(IoMethod::Read, 64 << 10, 10.0),
            row(IoMethod::Chain(3), 64 << 10, 4.0),
        ];
        // Many faults, and mmap is faster: the rule does not hold.
        assert_eq!(answers(&rows), [Refuted, Confirmed, Confirmed, Refuted]);
        rows[0] = row(IoMethod::Mmap, 0, 3.0);
        rows[1] = row(IoMethod::Read, 4 << 10, 11.0);
        rows[3].anonymous_bytes = Some(3 << 16);
        rows[3].system_calls = Some(SystemCalls {
            count: 4000,
            source: CallSource::Trace,
        });
        assert_eq!(answers(&rows), [Confirmed, Refuted, Confirmed, Confirmed]);
        // Few faults, and mmap is slower all the same.
        rows[0].minor_faults_per_s = Some(10.0);
        assert_eq!(answers(&rows)[0], Refuted);
        // The runs overlap: nobody can tell.
        rows[0].gb_per_s_max = 12.0;
        assert_eq!(answers(&rows)[0], Open);
        assert_eq!(answers(&[]), [Open; 4]);
    }
}
