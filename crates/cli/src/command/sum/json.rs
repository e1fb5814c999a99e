//! The entries of `crcheck sum --json`. Their schema is `schemas/sum.schema.json`.

use crcheck_files::list::checksum_form::{ChecksumForm, digits};
use crcheck_files::{Algorithm, Sum};
use crcheck_harness::oracle::model::Model;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The version of the JSON format.
pub(crate) const SCHEMA: &str = "crcheck/sum/1";

/// The head of a document.
pub(crate) fn head(algorithm: &Algorithm) -> Map<String, Value> {
    let head = json!({
        "schema": SCHEMA,
        "model": algorithm.model().label(),
        "tier": algorithm.name(),
    });
    match head {
        Value::Object(head) => head,
        _ => Map::new(),
    }
}

/// An entry that begins with a name. A name that is not UTF-8 is in base64 too, since its text has
/// lost bytes.
pub(crate) fn named(name: &OsStr) -> Value {
    match name.to_str() {
        Some(name) => json!({ "name": name }),
        None => json!({
            "name": name.to_string_lossy(),
            "name_base64": BASE64.encode(name.as_bytes()),
        }),
    }
}

/// A checksum as a word.
pub(crate) fn word(model: &Model, checksum: u64) -> String {
    format!("{checksum:#0digits$x}", digits = 2 + digits(model))
}

/// Adds the checksum of a file, and how it was had.
pub(crate) fn add_sum(entry: &mut Value, model: &Model, sum: &Sum) {
    entry["checksum"] = word(model, sum.checksum).into();
    entry["base64"] = ChecksumForm::Base64.write(model, sum.checksum).into();
    entry["len_bytes"] = sum.len_bytes.into();
    entry["method"] = sum.method.name().into();
    entry["buffer_bytes"] = sum.buffer_bytes.into();
    entry["threads"] = sum.threads.into();
    entry["reasons"] = sum.reasons.clone().into();
}
