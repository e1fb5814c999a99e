//! The caches for data, as the system describes them.

use std::fs;
use std::path::Path;

pub(crate) struct Cache {
    pub(crate) level: u32,
    pub(crate) size_bytes: usize,
}

/// The data caches of the first core, from the nearest; none where the system does not say.
pub(crate) fn of_the_machine() -> Vec<Cache> {
    let folder = Path::new("/sys/devices/system/cpu/cpu0/cache");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut caches: Vec<Cache> = entries.filter_map(|entry| read(&entry.path())).collect();
    caches.sort_by_key(|cache| cache.level);
    caches
}

fn read(folder: &Path) -> Option<Cache> {
    let value = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        Some(text.trim().to_owned())
    };
    if value("type")? == "Instruction" {
        return None;
    }
    Some(Cache {
        level: value("level")?.parse().ok()?,
        size_bytes: size(&value("size")?)?,
    })
}

/// `32K`, as the system writes it.
fn size(text: &str) -> Option<usize> {
    crate::scenario::parse_size(text).ok()
}
