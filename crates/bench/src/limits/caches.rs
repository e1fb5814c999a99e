//! The data caches, as the system describes them.

use crate::scenario::parse_size;
use std::fs;
use std::path::Path;

/// A data cache.
pub(super) struct Cache {
    pub(super) level: u32,
    pub(super) size_bytes: usize,
}

/// The data caches of the first core, the nearest first; none where the system does not say.
pub(super) fn data_caches() -> Vec<Cache> {
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
        // Such as `32K`.
        size_bytes: parse_size(&value("size")?).ok()?,
    })
}
