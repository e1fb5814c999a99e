//! The compilers that are here.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The families of compilers, whose names may end in a version: `gcc-12`.
const FAMILIES: [&str; 2] = ["gcc", "clang"];

/// A compiler, or cargo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// Its name, with which the names of its profiles begin.
    pub name: String,
    /// The program.
    pub path: PathBuf,
    /// The first line of what it says about its version.
    pub version: String,
}

impl Compiler {
    /// The compiler of a name on PATH, or of a path.
    ///
    /// # Errors
    /// Why it does not run.
    pub fn find(name: &str) -> Result<Self, String> {
        let path = match name.contains('/') {
            true => Some(PathBuf::from(name)).filter(|path| is_program(path)),
            false => folders()
                .map(|folder| folder.join(name))
                .find(|path| is_program(path)),
        };
        let place = if name.contains('/') { "" } else { " on PATH" };
        let path = path.ok_or_else(|| format!("there is no program {name}{place}"))?;
        let mut command = Command::new(&path);
        command.arg("--version").stdin(Stdio::null());
        let output = command
            .output()
            .map_err(|error| format!("cannot run {name}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.lines().next().map(str::trim).unwrap_or_default();
        if !output.status.success() || version.is_empty() {
            return Err(format!("`{name} --version` fails: {}", output.status));
        }
        let file_name = path.file_name().map(OsStr::to_string_lossy);
        Ok(Self {
            name: file_name.unwrap_or_default().into_owned(),
            version: version.to_owned(),
            path,
        })
    }

    /// What makes it the same program as another one of another name: the file, unless that stands
    /// for several programs as a cache does, and the version without the name.
    fn identity(&self) -> (PathBuf, String) {
        let file = self.path.canonicalize();
        let version = self.version.strip_prefix(&self.name);
        (
            file.unwrap_or_else(|_| self.path.clone()),
            version.unwrap_or(&self.version).to_owned(),
        )
    }
}

/// The compilers for C on PATH: gcc and clang, by version too, and cc. One with several names is
/// there once. Of a family without any, the name is there with the reason.
pub fn find_all() -> Vec<(String, Result<Compiler, String>)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for name in names_on_path() {
        if let Ok(compiler) = Compiler::find(&name)
            && seen.insert(compiler.identity())
        {
            found.push((name, Ok(compiler)));
        }
    }
    for family in FAMILIES {
        let is_here = |(name, _): &(String, _)| family_of(name) == Some(family);
        if !found.iter().any(is_here) {
            found.push((family.to_owned(), Compiler::find(family)));
        }
    }
    found
}

/// The names to try: the short ones first, since one program may have several.
fn names_on_path() -> Vec<String> {
    let entries = folders()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let versioned: BTreeSet<String> = names
        .filter(|name| family_of(name).is_some() && !FAMILIES.contains(&&**name))
        .collect();
    let short = FAMILIES.iter().map(|&family| family.to_owned());
    short.chain(versioned).chain(["cc".to_owned()]).collect()
}

/// `gcc` of `gcc` and of `gcc-12`.
fn family_of(name: &str) -> Option<&'static str> {
    FAMILIES.into_iter().find(|family| {
        let rest = name.strip_prefix(family);
        rest.is_some_and(|rest| match rest.strip_prefix('-') {
            Some(version) => !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()),
            None => rest.is_empty(),
        })
    })
}

fn folders() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn is_program(path: &Path) -> bool {
    let executable =
        |found: std::fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
    std::fs::metadata(path).is_ok_and(executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_belong_to_their_family() {
        for (name, family) in [
            ("gcc", Some("gcc")),
            ("gcc-12", Some("gcc")),
            ("clang-14", Some("clang")),
            ("gcc-ar", None),
            ("gcc-", None),
            ("gccgo", None),
            ("clang++", None),
            ("cc", None),
        ] {
            assert_eq!(family_of(name), family, "{name}");
        }
    }

    #[test]
    fn a_compiler_that_is_not_here_says_so() {
        let error = Compiler::find("no-such-compiler").expect_err("not here");
        assert_eq!(error, "there is no program no-such-compiler on PATH");
        assert!(Compiler::find("/dev/null").is_err());
    }
}
