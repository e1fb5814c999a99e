//! Builds all profiles, and finds those of equal code.

pub use crate::tool::NotBuilt;

use crate::c_build;
use crate::cargo_build::{self, Crate};
use crate::profile::{Profile, Recipe};
use crate::source::Source;
use crcheck_harness::platform::files::whole;
use object::{Object, ObjectSection, SectionFlags};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A profile, and what became of it.
#[derive(Clone, Debug)]
pub struct Build {
    pub profile: Profile,
    /// The shared library.
    pub library: Result<PathBuf, NotBuilt>,
    /// The first profile whose library has the same code.
    pub same_code_as: Option<String>,
}

/// The bits of `sh_flags` that say that a section is loaded.
const SHF_ALLOC: u64 = 2;

/// Builds every profile into a library of its name in `folder`; cargo writes into `scratch`. Calls
/// `on_begin` before each.
pub fn build_all(
    source: &Source,
    profiles: Vec<Profile>,
    folder: &Path,
    scratch: &Path,
    interrupted: &AtomicBool,
    on_begin: &mut dyn FnMut(&Profile),
) -> Vec<Build> {
    let mut known: Vec<([u8; 32], String)> = Vec::new();
    let mut build = |profile: Profile| {
        on_begin(&profile);
        let library = folder.join(format!("{}.so", profile.name));
        let library = build_one(source, &profile, &library, scratch, interrupted).map(|()| library);
        let code = library.as_ref().ok().and_then(|path| code_hash(path));
        let same = code.and_then(|code| known.iter().find(|(other, _)| *other == code));
        let same_code_as = same.map(|(_, name)| name.clone());
        if let (Some(code), None) = (code, &same_code_as) {
            known.push((code, profile.name.clone()));
        }
        Build {
            profile,
            library,
            same_code_as,
        }
    };
    profiles.into_iter().map(&mut build).collect()
}

/// Copies each library into `folder`, which it makes if it is missing.
///
/// # Errors
/// If the operating system refuses.
pub fn keep(builds: &[Build], folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for library in builds
        .iter()
        .filter_map(|build| build.library.as_ref().ok())
    {
        let name = library.file_name().unwrap_or_default();
        whole::write(&folder.join(name), &std::fs::read(library)?)?;
    }
    Ok(())
}

fn build_one(
    source: &Source,
    profile: &Profile,
    to: &Path,
    scratch: &Path,
    interrupted: &AtomicBool,
) -> Result<(), NotBuilt> {
    if interrupted.load(Ordering::Relaxed) {
        return Err(NotBuilt::Interrupted);
    }
    let compiler = profile.compiler.as_ref();
    let compiler = compiler.map_err(|reason| NotBuilt::Failed(reason.clone()))?;
    match (source, &profile.recipe) {
        (Source::C { files, flags }, Recipe::C(level)) => {
            c_build::build(compiler, files, flags, level, to, interrupted)
        }
        (
            Source::Cargo { manifest, package },
            Recipe::Cargo {
                settings,
                rustflags,
            },
        ) => {
            let of = Crate {
                manifest,
                package: package.as_deref(),
                target: &scratch.join("target"),
            };
            cargo_build::build(compiler, &of, settings, rustflags, to, interrupted)
        }
        _ => Err(NotBuilt::Failed(
            "the profile is for another kind of source".to_owned(),
        )),
    }
}

/// A hash of all that a loader takes from a library: its sections, and where they go. `None` if it
/// cannot be read, which the loader says better.
fn code_hash(library: &Path) -> Option<[u8; 32]> {
    let bytes = std::fs::read(library).ok()?;
    let file = object::File::parse(&*bytes).ok()?;
    let mut hash = Sha256::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags } = section.flags() else {
            return None;
        };
        if sh_flags & SHF_ALLOC == 0 {
            continue;
        }
        hash.update(section.name().ok()?);
        for number in [section.address(), section.size()] {
            hash.update(number.to_le_bytes());
        }
        hash.update(section.data().ok()?);
    }
    Some(hash.finalize().into())
}
