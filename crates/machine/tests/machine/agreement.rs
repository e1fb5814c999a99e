//! Software, silicon and recordings agree, and whoever does not is reported.

use crcheck_machine::compare::{Difference, Rig};
use crcheck_machine::confirmation::{self, Confirmation, RECORDED};
use crcheck_machine::forms::{Form, Generator, known_to};
use crcheck_machine::record::{
    Checked, FolderError, Index, Options, Recording, check, human, read_folder, record,
    write_folder,
};
use crcheck_machine::silicon::Silicon;
use crcheck_machine::software::{Prepared, Software};
use crcheck_machine::{Executor, Fault, Flag, Memory, State};
use crcheck_platform::files::hash::sha256;
use iced_x86::{Instruction, Mnemonic, OpKind};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn corpus() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../corpus/vectors/instructions"
    ))
}

fn recordings() -> Vec<Recording> {
    read_folder(&corpus()).expect("the recordings")
}

fn software() -> Rig<Software> {
    Rig::new(Software).expect("memory")
}

fn silicon() -> Rig<Silicon> {
    Rig::new(Silicon::new().expect("silicon")).expect("memory")
}

fn options(form: &str, case_count: u32) -> Options {
    Options {
        form: form.to_owned(),
        case_count,
        ..Options::default()
    }
}

#[track_caller]
fn assert_no_difference(checked: &Checked) {
    assert!(!checked.is_empty());
    assert!(checked.differences.is_empty(), "{}", human(checked));
}

#[test]
fn software_agrees_with_silicon() {
    let mut options = options("", 24);
    let checked = check(&mut software(), Some(&mut silicon()), &[], &options);
    assert_no_difference(&checked);
    // Other cases than those that are recorded.
    options.seed ^= 1;
    options.case_count = 8;
    assert_no_difference(&check(&mut software(), Some(&mut silicon()), &[], &options));
}

#[test]
fn software_agrees_with_recordings() {
    let none = None::<&mut Rig<Silicon>>;
    let checked = check(&mut software(), none, &recordings(), &options("", 1));
    assert_no_difference(&checked);
    let recorded = checked.rows.iter().filter(|row| !row.recordings.is_empty());
    assert!(recorded.count() > 0);
}

#[test]
fn recordings_are_of_forms_that_software_knows_and_small() {
    let known: BTreeSet<String> = known_to(&mut Software)
        .iter()
        .map(Form::to_string)
        .collect();
    let mut bytes = 0;
    for recording in recordings() {
        for entry in &recording.entries {
            assert!(known.contains(&entry.form), "{}", entry.form);
        }
        bytes += fs::metadata(corpus().join(recording.file_name()))
            .expect("a file")
            .len();
    }
    assert!(bytes <= 2 << 20, "{bytes} bytes");
}

#[test]
fn the_packed_index_is_that_of_the_recordings() {
    let index = Index::of(&recordings()).render();
    assert!(
        index == RECORDED,
        "run `crcheck machine record --index crates/machine/src/confirmation/recorded.txt`"
    );
}

/// The instruction of the first case of a form.
fn instruction(name: &str) -> Instruction {
    let form = Form::named(name).expect("a form");
    let mut cases = (0..24).filter_map(|number| Generator::default().instruction(form, number));
    cases.next().expect("an instruction")
}

#[test]
fn every_instruction_has_its_confirmation() {
    let of = |name| confirmation::of(&instruction(name));
    if cfg!(target_arch = "x86_64") {
        assert_eq!(of("Add_rm64_r64"), Confirmation::Silicon);
    }
    // Of AVX-512ER, which the table of extensions does not have.
    assert_eq!(
        of("EVEX_Vexp2pd_zmm_k1z_zmmm512b64_sae"),
        Confirmation::Unconfirmed
    );
}

/// Software with one wrong semantic.
struct Wrong {
    is_meant: fn(&Instruction) -> bool,
    spoil: fn(&Instruction, &mut State),
}

struct WrongOp(Instruction, Prepared);

impl Executor for Wrong {
    type Prepared = WrongOp;

    const NAME: &'static str = "wrong software";

    fn prepare(&mut self, instruction: &Instruction) -> Option<WrongOp> {
        Some(WrongOp(*instruction, Software.prepare(instruction)?))
    }

    fn execute(
        &mut self,
        WrongOp(instruction, op): &WrongOp,
        state: &mut State,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        Software.execute(op, state, memory)?;
        if (self.is_meant)(instruction) {
            (self.spoil)(instruction, state);
        }
        Ok(())
    }
}

fn destination(instruction: &Instruction) -> usize {
    instruction.op0_register().full_register().number()
}

/// Planted: the form's name, and what is wrong with it.
const PLANTED: [(&str, Wrong); 3] = [
    (
        "VEX_Vpshufb_ymm_ymm_ymmm256",
        Wrong {
            is_meant: |instruction| instruction.mnemonic() == Mnemonic::Vpshufb,
            // The upper lane as the lower one.
            spoil: |instruction, state| {
                let vector = &mut state.vectors[destination(instruction)];
                vector.0.copy_within(..16, 16);
            },
        },
    ),
    (
        "VEX_Andn_r32_r32_rm32",
        Wrong {
            is_meant: |instruction| instruction.mnemonic() == Mnemonic::Andn,
            spoil: |_, state| state.set(Flag::Overflow, !state.has(Flag::Overflow)),
        },
    ),
    (
        "EVEX_Vmovdqu8_zmm_k1z_zmmm512",
        Wrong {
            is_meant: |instruction| {
                instruction.zeroing_masking() && instruction.op0_kind() == OpKind::Register
            },
            // The highest element, whatever its mask.
            spoil: |instruction, state| {
                let mask = state.masks[instruction.op_mask().number()];
                if mask >> 62 == 1 {
                    state.vectors[destination(instruction)].0[63] = 1;
                }
            },
        },
    ),
];

#[track_caller]
fn assert_reported(checked: &Checked, form: &str, against: &str) {
    let is_it = |one: &&Difference| one.form == form && one.sides[0].name.starts_with(against);
    let difference = checked.differences.iter().find(is_it).expect(form);
    let text = human(checked);
    assert!(
        text.contains(&format!("DIFFERENCE {form} case {}: ", difference.case)),
        "{text}"
    );
    assert!(text.contains("FAIL: "), "{text}");
}

#[test]
fn wrong_semantics_are_reported_by_silicon_and_by_recordings() {
    let recordings = recordings();
    for (form, wrong) in PLANTED {
        let mut rig = Rig::new(wrong).expect("memory");
        let none = None::<&mut Rig<Silicon>>;
        let checked = check(&mut rig, none, &recordings, &options(form, 1));
        assert_reported(&checked, form, "recording on ");
        let checked = check(&mut rig, Some(&mut silicon()), &[], &options(form, 256));
        if checked.rows.iter().all(|row| row.unconfirmed.is_empty()) {
            assert_reported(&checked, form, "silicon");
        } else {
            eprintln!("skipped: this CPU has no {form}");
        }
    }
}

#[test]
fn a_changed_byte_of_a_recording_is_noticed() {
    let recording = recordings().swap_remove(0);
    let text = recording.render();
    assert_eq!(Recording::parse(&text).as_ref(), Ok(&recording));
    for at in (0..text.len()).step_by(997) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let line = 1 + text[..at].matches('\n').count();
        let changed = String::from_utf8(bytes).expect("ASCII");
        let malformed = Recording::parse(&changed).expect_err("changed");
        // A break of lines that is gone makes a longer line.
        assert_eq!(malformed.line, line, "{malformed}");
    }
    let lines: Vec<&str> = text.lines().collect();
    for without in [0, 4, lines.len() / 2, lines.len() - 1] {
        let mut fewer = lines.clone();
        fewer.remove(without);
        let malformed = Recording::parse(&(fewer.join("\n") + "\n")).expect_err("a line less");
        assert_eq!(malformed.line, without + 1);
    }
    assert!(Recording::parse(&(text + "more\n")).is_err());
}

#[test]
fn a_recording_is_not_replaced_by_one_that_holds_less() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let whole = recordings().swap_remove(0);
    write_folder(folder, std::slice::from_ref(&whole)).expect("written");
    write_folder(folder, std::slice::from_ref(&whole)).expect("written again");
    let mut fewer_forms = whole.clone();
    fewer_forms.entries.remove(0);
    let mut fewer_cases = whole.clone();
    fewer_cases.entries[0]
        .digests
        .iter_mut()
        .take(40)
        .for_each(|digest| *digest = None);
    for partial in [fewer_forms, fewer_cases] {
        let refused = write_folder(folder, &[partial]);
        assert!(
            matches!(refused, Err(FolderError::Partial { .. })),
            "{refused:?}"
        );
        assert_eq!(
            read_folder(folder).expect("whole"),
            std::slice::from_ref(&whole)
        );
    }
    let mut other = whole.clone();
    other.generator = "dice".to_owned();
    fs::write(folder.join(other.file_name()), other.render()).expect("written");
    let refused = read_folder(folder)
        .expect_err("another generator")
        .to_string();
    assert!(
        refused.contains("line 2") && refused.contains("dice"),
        "{refused}"
    );
}

#[test]
fn recording_again_gives_the_same() {
    let forms: Vec<Form> = known_to(&mut Software).into_iter().step_by(41).collect();
    let again = record(&mut silicon(), &forms, "this CPU");
    for recording in recordings() {
        let now = again
            .iter()
            .find(|one| one.extensions == recording.extensions);
        for entry in now.iter().flat_map(|now| &now.entries) {
            let mut recorded = recording.entries.iter();
            assert!(recorded.any(|one| one == entry), "{}", entry.form);
        }
    }
}

/// Recordings hold for these inputs. If they change, so does the generator's name, and recordings
/// are made again.
#[test]
fn the_generator_gives_what_it_always_gave() {
    let generator = Generator::default();
    let mut bytes = Vec::new();
    for name in [
        "Add_rm64_r64",
        "Shld_rm16_r16_imm8",
        "Pshufb_xmm_xmmm128",
        "VEX_Vpclmulqdq_ymm_ymm_ymmm256_imm8",
        "EVEX_Vpternlogd_zmm_k1z_zmm_zmmm512b32_imm8",
        "EVEX_Vmovdqu8_zmm_k1z_zmmm512",
    ] {
        let form = Form::named(name).expect("a form");
        for case in (0..16).filter_map(|number| generator.case(form, number)) {
            bytes.extend(&case.code);
            bytes.extend(case.state.vectors.iter().flat_map(|vector| vector.0));
            let words = case.state.general.iter().chain(&case.state.masks);
            bytes.extend(words.flat_map(|word| word.to_le_bytes()));
            bytes.extend(case.state.flags.to_le_bytes());
            bytes.extend(case.content_address.to_le_bytes());
            bytes.extend(&case.content);
        }
    }
    assert_eq!(Generator::NAME, "splitmix64-instruction-cases-1");
    assert_eq!(
        sha256(&bytes),
        "64553b1271afa396c6abf0955bf3512e7416044a3fe6ea9d1d1341b6b7ebfdbe"
    );
}
