//! Which function of a library, and how to call it, as text.

use crate::c_function::{Convention, Signature};
use crcheck_platform::code::source_name::SourceName;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which function, and how to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibrarySpec {
    /// The shared object.
    pub path: PathBuf,
    /// The function.
    pub symbol: String,
    /// What it takes and returns.
    pub convention: Convention,
    /// Its arguments.
    pub signature: Signature,
}

impl LibrarySpec {
    /// The function as options of the command line.
    pub fn options(&self) -> Vec<String> {
        let path = self.path.display().to_string();
        let mut words = vec!["--lib".to_owned(), path, "--symbol".to_owned()];
        words.push(self.symbol.clone());
        if self.convention != Convention::default() {
            words.extend(["--convention".to_owned(), self.convention.name().to_owned()]);
        }
        if self.signature != Signature::default() {
            words.extend(["--signature".to_owned(), self.signature.to_string()]);
        }
        words
    }

    /// The function's name in its source, if the symbol is mangled.
    pub fn source_name(&self) -> Option<SourceName> {
        SourceName::of(&self.symbol)
    }
}

/// `PATH:SYMBOL`, then the convention and the signature if they are not the usual ones.
impl fmt::Display for LibrarySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.symbol)?;
        if self.convention != Convention::default() {
            write!(f, ":{}", self.convention.name())?;
        }
        if self.signature != Signature::default() {
            write!(f, ":{}", self.signature)?;
        }
        Ok(())
    }
}

impl FromStr for LibrarySpec {
    type Err = String;

    /// Reads from the right, since a path may have colons in it, and a signature too.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut convention, mut signature) = (Convention::default(), Signature::default());
        let mut rest = text;
        let no_symbol = || format!("`{text}` is not PATH:SYMBOL");
        'parts: loop {
            // From the shortest part at the end on.
            for (at, _) in rest.rmatch_indices(':') {
                let (before, last) = (&rest[..at], &rest[at + 1..]);
                if let Ok(found) = last.parse() {
                    signature = found;
                } else if let Ok(found) = last.parse() {
                    convention = found;
                } else if last.contains(',') {
                    continue;
                } else if before.is_empty() || last.is_empty() {
                    return Err(no_symbol());
                } else {
                    return Ok(Self {
                        path: before.into(),
                        symbol: last.to_owned(),
                        convention,
                        signature,
                    });
                }
                rest = before;
                continue 'parts;
            }
            return Err(no_symbol());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_it_was_written() {
        for text in [
            "libz.so.1:crc32",
            "/a:b/lib.so:crc:register",
            "lib.so:f:buf,len,crc",
            "lib.so:f:register:len,buf,crc64",
            "/a:b/lib.so:f:register:const:0x1,buf,sym:table,len,crc->crc16",
        ] {
            let spec: LibrarySpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
        }
        for bad in ["", "lib.so", ":f", "lib.so:", "lib.so:register"] {
            assert!(bad.parse::<LibrarySpec>().is_err(), "{bad}");
        }
    }
}
