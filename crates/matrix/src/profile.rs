//! Build profiles: a compiler, and how it is to build.

use crate::compiler::Compiler;
use crate::source::Source;
use crcheck_harness::oracle::nearest;
use crcheck_harness::report::verdict::ExitCode;
use std::path::Path;

/// A level of a compiler for C.
struct CLevel {
    name: &'static str,
    flags: &'static [&'static str],
}

/// The levels of gcc and clang.
const C_LEVELS: [CLevel; 7] = [
    CLevel {
        name: "O0",
        flags: &["-O0"],
    },
    CLevel {
        name: "O1",
        flags: &["-O1"],
    },
    CLevel {
        name: "O2",
        flags: &["-O2"],
    },
    CLevel {
        name: "O3",
        flags: &["-O3"],
    },
    CLevel {
        name: "Os",
        flags: &["-Os"],
    },
    CLevel {
        name: "O2-no-strict-aliasing",
        flags: &["-O2", "-fno-strict-aliasing"],
    },
    CLevel {
        name: "O3-native",
        flags: &["-O3", "-march=native"],
    },
];

/// A level of cargo.
struct CargoLevel {
    name: &'static str,
    /// Settings of the profile `release`, as `--config` has them.
    settings: &'static [&'static str],
    rustflags: &'static str,
}

/// The levels of cargo.
const CARGO_LEVELS: [CargoLevel; 9] = [
    cargo_level("opt-0", &["opt-level=0"]),
    cargo_level("opt-1", &["opt-level=1"]),
    cargo_level("opt-2", &["opt-level=2"]),
    cargo_level("opt-3", &["opt-level=3"]),
    cargo_level("opt-s", &["opt-level=\"s\""]),
    cargo_level("lto-fat", &["opt-level=3", "lto=\"fat\""]),
    CargoLevel {
        name: "native",
        settings: &["opt-level=3"],
        rustflags: "-C target-cpu=native",
    },
    cargo_level("overflow-checks", &["opt-level=3", "overflow-checks=true"]),
    cargo_level(
        "debug-assertions",
        &["opt-level=3", "debug-assertions=true"],
    ),
];

const fn cargo_level(name: &'static str, settings: &'static [&'static str]) -> CargoLevel {
    CargoLevel {
        name,
        settings,
        rustflags: "",
    }
}

/// A compiler, and how it is to build.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The compiler and the level: `gcc-O2`.
    pub name: String,
    /// The compiler, or why there is none.
    pub compiler: Result<Compiler, String>,
    /// What it is told beyond what every profile is.
    pub recipe: Recipe,
    /// Whether the command line asks for it: then the run does not pass without it.
    pub is_required: bool,
}

/// What a compiler is told beyond what every profile is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Words for a compiler for C.
    C(Vec<String>),
    /// Settings of the profile `release`, and flags of rustc.
    Cargo {
        settings: Vec<String>,
        rustflags: String,
    },
}

impl Recipe {
    /// It in words, for a table.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::C(flags) => flags.clone(),
            Self::Cargo {
                settings,
                rustflags,
            } => {
                let rustflags = Some(rustflags.clone()).filter(|flags| !flags.is_empty());
                settings.iter().cloned().chain(rustflags).collect()
            }
        }
    }
}

/// Nothing has the name of a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no profile is called `{name}`; {hint}")]
pub struct UnknownProfile {
    name: String,
    hint: String,
}

/// The profiles that fit the source. `compilers` are what a user chose for C, by names or paths;
/// if there are none, all that are here.
pub fn all(source: &Source, compilers: &[String]) -> Vec<Profile> {
    if let Source::Cargo { .. } = source {
        let cargo = Compiler::find("cargo");
        return CARGO_LEVELS
            .iter()
            .map(|level| of_cargo(level, &cargo))
            .collect();
    }
    let found = if compilers.is_empty() {
        crate::compiler::find_all()
    } else {
        let chosen = compilers.iter();
        chosen
            .map(|name| (base_name(name), Compiler::find(name)))
            .collect()
    };
    let is_required = !compilers.is_empty();
    let of_compiler = |(name, compiler): &(String, Result<Compiler, String>)| {
        let levels = C_LEVELS.iter();
        let profiles = levels.map(|level| Profile {
            name: format!("{name}-{}", level.name),
            compiler: compiler.clone(),
            recipe: Recipe::C(level.flags.iter().map(|&flag| flag.to_owned()).collect()),
            is_required: is_required && compiler.is_err(),
        });
        profiles.collect::<Vec<_>>()
    };
    found.iter().flat_map(of_compiler).collect()
}

fn of_cargo(level: &CargoLevel, cargo: &Result<Compiler, String>) -> Profile {
    Profile {
        name: level.name.to_owned(),
        compiler: cargo.clone(),
        recipe: Recipe::Cargo {
            settings: level.settings.iter().map(|&one| one.to_owned()).collect(),
            rustflags: level.rustflags.to_owned(),
        },
        is_required: false,
    }
}

/// The name that the profiles of a compiler begin with.
fn base_name(compiler: &str) -> String {
    let file = Path::new(compiler).file_name();
    file.map_or(compiler.to_owned(), |name| {
        name.to_string_lossy().into_owned()
    })
}

/// The profiles of these names, which are then required; all if there are no names. A name may be
/// that of a level too: `O2` is `gcc-O2` and `clang-O2`.
///
/// # Errors
/// If a name is unknown.
pub fn select(all: Vec<Profile>, names: &[String]) -> Result<Vec<Profile>, UnknownProfile> {
    let fits = |profile: &Profile, name: &str| {
        let level = profile.name.strip_suffix(name);
        level.is_some_and(|before| before.is_empty() || is_compiler_of(before, profile))
    };
    for name in names {
        if !all.iter().any(|profile| fits(profile, name)) {
            let known = || all.iter().map(|profile| profile.name.as_str());
            let hint = match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`--list` prints them".to_owned(),
            };
            let name = name.clone();
            return Err(UnknownProfile { name, hint });
        }
    }
    let is_named = |profile: &Profile| names.iter().any(|name| fits(profile, name));
    let selected = all.into_iter().filter_map(|profile| match names {
        [] => Some(profile),
        _ if is_named(&profile) => Some(Profile {
            is_required: true,
            ..profile
        }),
        _ => None,
    });
    Ok(selected.collect())
}

/// The profiles as text, a line each, and the exit code of a run that only lists them.
pub fn list(profiles: &[Profile]) -> (String, ExitCode) {
    let lines = profiles.iter().map(|profile| {
        let words = profile.recipe.words().join(" ");
        let by = match &profile.compiler {
            Ok(compiler) => compiler.version.clone(),
            Err(reason) => format!("skipped ({reason})"),
        };
        format!("{:<28} {words:<34} {by}\n", profile.name)
    });
    let is_missing = |profile: &Profile| profile.is_required && profile.compiler.is_err();
    let code = match profiles {
        [] => ExitCode::Nothing,
        _ if profiles.iter().any(is_missing) => ExitCode::Unavailable,
        _ if profiles.iter().all(|profile| profile.compiler.is_err()) => ExitCode::Unavailable,
        _ => ExitCode::Passed,
    };
    (lines.collect(), code)
}

/// Whether what is before a level is the whole name of the compiler.
fn is_compiler_of(before: &str, profile: &Profile) -> bool {
    let level = |level: &CLevel| profile.name == format!("{before}{}", level.name);
    before.ends_with('-') && C_LEVELS.iter().any(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(profiles: &[Profile]) -> Vec<&str> {
        profiles.iter().map(|profile| &*profile.name).collect()
    }

    fn of_c() -> Vec<Profile> {
        let source = Source::C {
            files: Vec::new(),
            flags: Vec::new(),
        };
        all(&source, &["/none/gcc".to_owned(), "none-clang".to_owned()])
    }

    #[test]
    fn a_level_selects_it_of_every_compiler() {
        let select = |name: &str| select(of_c(), &[name.to_owned()]);
        let of = |name: &str| select(name).map(|found| names(&found).join(" "));
        assert_eq!(of("O2"), Ok("gcc-O2 none-clang-O2".to_owned()));
        assert_eq!(of("gcc-Os"), Ok("gcc-Os".to_owned()));
        for unknown in ["2", "aliasing", "clang-O2", "gcc", ""] {
            assert!(of(unknown).is_err(), "{unknown}");
        }
        let error = of("gcc-O4").expect_err("unknown");
        assert!(error.to_string().contains("did you mean `gcc-O"), "{error}");
    }

    #[test]
    fn a_profile_that_is_named_is_required() {
        let named = select(of_c(), &["O2".to_owned()]).expect("known");
        assert!(named.iter().all(|profile| profile.is_required));
        assert_eq!(select(of_c(), &[]).expect("all").len(), 2 * C_LEVELS.len());
    }

    #[test]
    fn a_crate_has_the_levels_of_cargo() {
        let source = Source::Cargo {
            manifest: "Cargo.toml".into(),
            package: None,
        };
        let profiles = all(&source, &[]);
        let names = names(&profiles);
        assert!(names.contains(&"lto-fat") && names.contains(&"overflow-checks"));
    }
}
