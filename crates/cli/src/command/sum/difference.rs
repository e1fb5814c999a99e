//! A difference between the kernel and the oracle becomes an artifact.

use crcheck_files::{Algorithm, Difference};
use crcheck_harness::check::artifact::Artifact;
use crcheck_harness::check::case::Case;
use crcheck_harness::check::circumstances::Circumstances;
use crcheck_harness::check::finding::VALUE_CHECK;
use crcheck_harness::kernel::Tier;
use crcheck_harness::report::command_line;
use crcheck_harness::subject::{Kind, SubjectName};

/// The case of a difference: the first block after which the checksums part, from the register
/// before it. `name` is that of the file.
pub(crate) fn artifact(difference: &Difference, algorithm: &Algorithm, name: &str) -> Artifact {
    let model = algorithm.model();
    let case = Case {
        register: model.register_of(difference.before),
        message: difference.block.clone(),
        ..Case::default()
    };
    Artifact {
        // Whoever computes by a table has no tier that could be judged.
        subject: algorithm
            .is_kernel()
            .then(|| SubjectName::Tier(Tier::detect())),
        check: Some(VALUE_CHECK),
        kind: Some(Kind::WrongValue),
        summary: difference.to_string(),
        expected: Some(difference.expected),
        got: Some(difference.got),
        circumstances: Circumstances {
            command: Some(command_line()),
            ..Circumstances::here()
        },
        ..Artifact::of_case(case, model, format!("crcheck sum --verify {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crcheck_faults::resolve;
    use crcheck_harness::check::checks::CheckSet;
    use crcheck_harness::check::control::Control;
    use crcheck_harness::check::saved::load;
    use crcheck_harness::check::saved::replay;
    use crcheck_harness::oracle::model::Model;

    /// Replayed on a faulty kernel it is a finding, on the tier that it names it is none.
    #[test]
    fn the_artifact_of_a_difference_shows_it_again() {
        let algorithm = Algorithm::new(&Model::CRC_32_ISO_HDLC);
        let block: Vec<u8> = (0..65_536_u32).map(|i| (i % 251) as u8).collect();
        let before = 0x1234_5678;
        let expected = algorithm.update(before, &block);
        let difference = Difference {
            algorithm: "a faulty one",
            offset_bytes: 1 << 20,
            block,
            before,
            expected,
            got: expected ^ 1,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let artifact = artifact(&difference, &algorithm, "file");
        let path = artifact.write(folder.path()).expect("written");
        let read = Artifact::read(&path).expect("an artifact");
        assert_eq!(read, artifact);
        assert_eq!(read.case.register, 0xedcb_a987);
        let loaded = load::load(&[path], None).expect("a case");
        for (subject, findings) in [("fault:article-polynomial", 1), ("tier:portable", 0)] {
            let subjects = [resolve(subject).expect("a subject")];
            let (all, control) = (CheckSet::all(), Control::default());
            let replayed = replay::replay(&loaded.items, &subjects, all, &control, &mut |_, _| ());
            let results = replayed.expect("judges agree").results;
            let found: usize = results.iter().map(|result| result.groups.len()).sum();
            assert_eq!(found.min(1), findings, "{subject}");
        }
    }
}
