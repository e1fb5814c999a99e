//! Where shared libraries lie.

use std::path::{Path, PathBuf};

/// The folders that loaders look into for a bare name: those of `LD_LIBRARY_PATH`, then the usual
/// ones.
pub fn folders() -> Vec<PathBuf> {
    let own = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let multiarch = format!("{}-linux-gnu", std::env::consts::ARCH);
    let usual = ["/usr/local/lib", "/usr/lib", "/lib", "/usr/lib64", "/lib64"];
    let usual = usual.iter().flat_map(|&folder| {
        let folder = Path::new(folder);
        [folder.join(&multiarch), folder.to_owned()]
    });
    std::env::split_paths(&own).chain(usual).collect()
}

/// The file of a library: `path`, or where loaders find it if it is a bare name and not a file in
/// the current folder.
pub fn find(path: &Path) -> PathBuf {
    let is_bare = path
        .parent()
        .is_some_and(|folder| folder.as_os_str().is_empty());
    if !is_bare || path.exists() {
        return path.to_owned();
    }
    let files = folders().into_iter().map(|folder| folder.join(path));
    let mut found = files.filter(|file| file.is_file());
    found.next().unwrap_or_else(|| path.to_owned())
}
