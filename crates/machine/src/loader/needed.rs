//! Where the libraries lie that a library needs (ld.so(8)).

use super::error::Problem;
use super::object::Object;
use crcheck_platform::code::library_path;
use object::elf::{DT_RPATH, DT_RUNPATH};
use std::path::{Path, PathBuf};

/// The file of the library `name` that `object` needs.
///
/// # Errors
/// If it is not there.
pub(super) fn find(object: &Object, name: &str) -> Result<PathBuf, Problem> {
    if name.contains('/') {
        let path = PathBuf::from(expanded(object, name));
        return match path.is_file() {
            true => Ok(path),
            false => Err(Problem::MissingLibrary(name.to_owned(), String::new())),
        };
    }
    let mut folders = own_folders(object)?;
    folders.extend(library_path::folders());
    let mut files = folders.iter().map(|folder| folder.join(name));
    files.find(|file| file.is_file()).ok_or_else(|| {
        let shown: Vec<String> = folders.iter().map(|of| of.display().to_string()).collect();
        Problem::MissingLibrary(name.to_owned(), shown.join(", "))
    })
}

/// The folders that the library states itself. A runpath takes the place of an older rpath.
fn own_folders(object: &Object) -> Result<Vec<PathBuf>, Problem> {
    for tag in [DT_RUNPATH, DT_RPATH] {
        let stated = object.dynamic.texts(&object.image, tag)?;
        if let Some(text) = stated.last() {
            let folders = text.split(':').filter(|folder| !folder.is_empty());
            return Ok(folders.map(|one| expanded(object, one).into()).collect());
        }
    }
    Ok(Vec::new())
}

/// The text with the library's own folder for `$ORIGIN`.
fn expanded(object: &Object, text: &str) -> String {
    let path = std::path::absolute(&object.path).unwrap_or_else(|_| object.path.clone());
    let folder = path
        .parent()
        .unwrap_or(Path::new("/"))
        .display()
        .to_string();
    text.replace("${ORIGIN}", &folder)
        .replace("$ORIGIN", &folder)
}
