//! Streams of a library in every form: right ones pass, and faulty ones do not.

use crate::common::{code, folder, report as json_of, stderr, stdout};
use crate::kernels::{NamedTest, crcheck, finding, summary};
use serde_json::Value;
use std::path::Path;

pub(crate) const TRIALS: &[NamedTest] = &[
    ("right streams pass every check that applies", right_passes),
    ("right streams of every form pass", right_forms),
    (
        "a stream that breaks a law of streams does not pass",
        faulty,
    ),
    (
        "a finding on streams is small, says what was done, and is replayed",
        small_findings,
    ),
    ("streams that cannot be called are refused", refused),
];

fn judged(here: &Path, stream: &str, rest: &str) -> (Value, i32) {
    let verify = "verify --depth quick --seed 1 --format json --lib @/streams.so --stream";
    let output = crcheck(here, &format!("{verify} '{stream}' {rest}"));
    (json_of(&output), code(&output))
}

const HANDLE: &str = "new=h_new,update=h_update,final=h_final,reset=h_reset,free=h_free";

fn right_passes() {
    let here = folder();
    let (report, code) = judged(here.path(), HANDLE, "");
    assert_eq!(code, 0, "{report:#}");
    let checks = report["checks"].as_array().expect("an array");
    let mut wanted = vec!["threads", "agree", "guard", "slack", "split", "history"];
    wanted.extend(["affine", "basis"]);
    if cfg!(target_arch = "x86_64") {
        wanted.extend(["abi", "paint"]);
    }
    for wanted in wanted {
        let check = checks.iter().find(|check| check["id"] == wanted);
        let check = check.unwrap_or_else(|| panic!("no {wanted}"));
        assert_eq!(check["verdict"], "pass", "{check}");
        assert!(check["cells"].as_u64() > Some(100), "{check}");
    }
}

/// A wrong order of arguments, or a wrong width, cannot pass these.
const CHECKS: &str = "--check split --check history --check abi";

fn right_forms() {
    let here = folder();
    for (right, rest) in [
        ("new=h_new,update=h_update,final=h_final_free", ""),
        (
            "new=h_new,update=h_update,final=h_final_free,reset=h_reset",
            "",
        ),
        (
            "new=p_new(const:0xedb88320,sym:p_magic),update=p_update(len32,state,buf)->status:1,\
             final=p_final(state,&crc)->status:1,free=h_free",
            "",
        ),
        (
            "new=h_new,update=e_update(state,buf,end),final=h_final,free=h_free",
            "",
        ),
        (
            "size=24,new=b_init->status,update=b_update->status,final=b_final(state,out)->status",
            "--result be",
        ),
        ("new=v_init,update=v_update->state,final=v_final", ""),
        ("new=v_init,update=v_update->state", "--convention register"),
        ("new=z_init,update=z_update->state", ""),
        ("size=4,new=m_init,update=m_update", ""),
        ("new=x_init,update=x_update->state", "--model CRC-16/XMODEM"),
    ] {
        let (report, code) = judged(here.path(), right, &format!("{rest} {CHECKS}"));
        assert_eq!(code, 0, "{right}: {report:#}");
    }
}

fn faulty() {
    let here = folder();
    let buffered = "size=24,new=b_init,update=U,final=b_final(state,out)";
    let buffered = |update: &str| buffered.replace('U', update);
    let be = "--result be";
    for (stream, rest, kind, says) in [
        (
            HANDLE.replace("h_reset", "f_reset"),
            "",
            "history-dependent",
            "of a stream that was reset",
        ),
        (
            "new=g_new,update=g_update,final=g_final".to_owned(),
            "",
            "history-dependent",
            "of a stream that took turns with another",
        ),
        (
            "new=k_new,update=h_update,final=h_final,free=k_free".to_owned(),
            "--no-guess",
            "wrong-value",
            "",
        ),
        (
            HANDLE
                .replace("h_reset", "n_reset")
                .replace("h_update", "n_update"),
            "",
            "crash",
            "",
        ),
        (buffered("d_update"), be, "split", "piece by piece"),
        (
            buffered("b_update").replace("b_final", "i_final"),
            be,
            "wrong-value",
            "",
        ),
        (
            "size=8,new=l_init,update=l_update,final=l_final".to_owned(),
            "--no-guess",
            "wrong-value",
            "",
        ),
        (
            buffered("o_update"),
            be,
            "wrong-value",
            "writes beside the memory of its state",
        ),
        (buffered("w_update"), be, "crash", ""),
        (
            buffered("s_update->status"),
            be,
            "wrong-value",
            "returns the status -1",
        ),
    ] {
        let checks = match kind {
            "wrong-value" => "--check guard",
            _ => "--check split --check history",
        };
        let rest = format!("{rest} {checks}");
        let (report, code) = judged(here.path(), &stream, &rest);
        assert_eq!(code, 1, "{stream}: {report:#}");
        let text = finding(&report, kind).to_string();
        assert!(text.contains(says), "{stream}: {text}");
    }
}

/// The third reset of a stream does nothing: only a sequence of operations shows it.
fn small_findings() {
    let here = folder();
    let stream = "new=c_new,update=h_update,final=h_final,reset=c_reset,free=h_free";
    let (report, exit_code) = judged(here.path(), stream, "--check split --check history");
    assert_eq!(exit_code, 1, "{report:#}");
    let found = finding(&report, "history-dependent");
    let (_, words) = summary(found)
        .split_once("at the end of: ")
        .expect("operations");
    assert!(words.matches("reset").count() == 3, "{words}");
    assert!(words.split(", ").count() <= 8, "{words}");
    let artifact = found["artifact"].as_str().expect("a path");
    for (name, expected) in [(stream, 1), (HANDLE, 0)] {
        let line = format!("replay {artifact} --lib @/streams.so --stream '{name}'");
        let replayed = crcheck(here.path(), &line);
        assert_eq!(code(&replayed), expected, "{}", stdout(&replayed));
    }
}

fn refused() {
    let here = folder();
    for (options, says) in [
        (
            "--stream new=h_new,update=h_updat,final=h_final",
            "did you mean `h_update`?",
        ),
        (
            "--stream new=h_new,update=h_update,final=p_magic",
            "`p_magic` of",
        ),
        (
            "--stream new=h_new,update=h_update,final=h_final(buf)",
            "final cannot take buf",
        ),
        (
            "--symbol h_update --stream new=h_new,update=h_update,final=h_final",
            "cannot be used with",
        ),
        (
            "--symbol h_update --signature state,buf,len",
            "only --stream has a state",
        ),
    ] {
        let output = crcheck(here.path(), &format!("verify --lib @/streams.so {options}"));
        let stderr = stderr(&output);
        assert_eq!(code(&output), 2, "{options}: {stderr}");
        assert!(stderr.contains(says), "{options}: {stderr}");
    }
}
