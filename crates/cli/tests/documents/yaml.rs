//! Reading YAML.

use yaml_rust2::{Yaml, YamlLoader};

/// The one document of a text.
#[track_caller]
pub(crate) fn document(text: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(text).expect("YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// A scalar as a runner sees it; nothing is an empty string.
pub(crate) fn text(value: &Yaml) -> String {
    match value {
        Yaml::Boolean(value) => value.to_string(),
        Yaml::Integer(value) => value.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// The entries of a mapping, as text; none if there is no mapping.
pub(crate) fn entries(value: &Yaml) -> Vec<(String, String)> {
    let entries = value.as_hash().into_iter().flatten();
    entries
        .map(|(key, value)| (text(key), text(value)))
        .collect()
}
