//! Builds one profile of a crate.

use crate::compiler::Compiler;
use crate::tool::{self, NotBuilt};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// A crate, and where cargo may write.
pub(crate) struct Crate<'a> {
    pub(crate) manifest: &'a Path,
    pub(crate) package: Option<&'a str>,
    /// The target folder.
    pub(crate) target: &'a Path,
}

/// Lines of the source belong to addresses.
const ALWAYS: &str = "debug=\"line-tables-only\"";

/// Builds the crate into the shared library `to`, whatever types its manifest names.
///
/// # Errors
/// The first error of cargo or rustc.
pub(crate) fn build(
    cargo: &Compiler,
    of: &Crate<'_>,
    settings: &[String],
    rustflags: &str,
    to: &Path,
    interrupted: &AtomicBool,
) -> Result<(), NotBuilt> {
    let failed = |error: String| NotBuilt::Failed(error);
    let manifest = std::path::absolute(of.manifest)
        .map_err(|error| failed(format!("{}: {error}", of.manifest.display())))?;
    let mut command = Command::new(&cargo.path);
    // The folder has the toolchain file and the configuration that belong to the crate.
    command.current_dir(manifest.parent().unwrap_or(Path::new(".")));
    command.args(["rustc", "--lib", "--release", "--crate-type", "cdylib"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.arg("--manifest-path").arg(&manifest);
    command.arg("--target-dir").arg(of.target);
    if let Some(package) = of.package {
        command.args(["--package", package]);
    }
    for setting in settings.iter().map(String::as_str).chain([ALWAYS]) {
        command.args(["--config", &format!("profile.release.{setting}")]);
    }
    if !rustflags.is_empty() {
        let own = std::env::var("RUSTFLAGS").unwrap_or_default();
        command.env("RUSTFLAGS", format!("{own} {rustflags}").trim());
        // It would count instead.
        command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    }
    let messages = tool::run(&mut command, interrupted)?;
    let library = library_of(&messages)
        .ok_or_else(|| failed("cargo says of no library that it built it".to_owned()))?;
    std::fs::copy(&library, to)
        .map(drop)
        .map_err(|error| failed(format!("cannot copy {}: {error}", library.display())))
}

/// The last shared library that cargo says it has built: dependencies come before the crate.
fn library_of(messages: &str) -> Option<PathBuf> {
    let library = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] != "compiler-artifact" {
            return None;
        }
        let files = message["filenames"].as_array()?.iter();
        let mut files = files.filter_map(Value::as_str);
        files.find(|file| file.ends_with(".so")).map(PathBuf::from)
    };
    messages.lines().filter_map(library).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_library_is_that_of_the_crate() {
        let messages = "\
            {\"reason\":\"compiler-artifact\",\"filenames\":[\"/t/libmacro.so\"]}\n\
            {\"reason\":\"compiler-artifact\",\"filenames\":[\"/t/lib.rlib\",\"/t/libmine.so\"]}\n\
            {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(library_of(messages), Some("/t/libmine.so".into()));
        assert_eq!(library_of("no json"), None);
    }
}
