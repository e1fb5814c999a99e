//! Locations in SARIF: the line of the source, else the file of the code, and the function.

use crate::finding_report::FindingReport;
use crate::source_place::{SourceFile, SourcePlace};
use crcheck_check::code_hash::code_file;
use crcheck_platform::code::place::this_program;
use crcheck_subject::SubjectName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_sarif::sarif::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The name of the root of the sources, as GitHub's own analyses have it.
pub(super) const ROOT: &str = "%SRCROOT%";

/// What stands in a URI for more than itself (RFC 3986, 2.3 and 3.3). A colon in the first part of
/// a path would end a scheme, so it is encoded too.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'+');

/// The location of a finding. It has a line where the file of the code says one.
pub(super) fn location(finding: &FindingReport, root: &Path) -> Location {
    let place = SourcePlace::of(finding, root);
    let (line, column) = match &place {
        Some(place) => (place.line, place.column.unwrap_or(1)),
        // GitHub requires a line, whatever the file is.
        None => (1, 1),
    };
    let file = place.map(|place| place.file);
    let file = file.or_else(|| code_of(&finding.subject, root));
    let region = Region::builder()
        .start_line(line)
        .start_column(column)
        .end_line(line)
        .end_column(i64::from(column) + 1)
        .build();
    let physical = PhysicalLocation::builder().region(region);
    let physical = match file {
        Some(file) => physical.artifact_location(artifact(&file)).build(),
        None => physical.build(),
    };
    Location::builder()
        .physical_location(physical)
        .logical_locations(vec![function(&finding.subject)])
        .build()
}

/// The file of the machine code of a subject.
fn code_of(subject: &str, root: &Path) -> Option<SourceFile> {
    let file = code_file(&SubjectName::parse(subject)).or_else(this_program)?;
    Some(SourceFile::of(root, &file))
}

fn artifact(file: &SourceFile) -> ArtifactLocation {
    match file {
        SourceFile::OfSources(path) => ArtifactLocation::builder()
            .uri(encoded(path))
            .uri_base_id(ROOT)
            .build(),
        SourceFile::Elsewhere(path) => ArtifactLocation::builder().uri(file_uri(path)).build(),
    }
}

fn function(subject: &str) -> LogicalLocation {
    let logical = LogicalLocation::builder().fully_qualified_name(subject);
    match SubjectName::parse(subject) {
        SubjectName::Library(spec) => {
            let source = spec.source_name().map(|name| name.path);
            logical
                .name(source.unwrap_or_else(|| spec.symbol.clone()))
                .decorated_name(spec.symbol)
                .kind("function")
                .build()
        }
        SubjectName::Program(_) => logical.name(subject).kind("module").build(),
        _ => logical.name(subject).kind("function").build(),
    }
}

/// A folder as a base of other URIs, which ends with a slash.
pub(super) fn folder(path: &Path) -> ArtifactLocation {
    let mut uri = file_uri(path);
    if !uri.ends_with('/') {
        uri.push('/');
    }
    ArtifactLocation::builder().uri(uri).build()
}

fn file_uri(path: &Path) -> String {
    format!("file://{}", encoded(path))
}

fn encoded(path: &Path) -> String {
    percent_encode(path.as_os_str().as_bytes(), IN_PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_is_a_uri() {
        for (path, uri) in [
            ("src/crc.c", "src/crc.c"),
            ("a:b/c d.c", "a%3Ab/c%20d.c"),
            ("100%/#?.c", "100%25/%23%3F.c"),
            ("\u{e4}.c", "%C3%A4.c"),
        ] {
            assert_eq!(encoded(Path::new(path)), uri);
        }
        assert_eq!(folder(Path::new("/")).uri.as_deref(), Some("file:///"));
        assert_eq!(folder(Path::new("/a")).uri.as_deref(), Some("file:///a/"));
    }
}
