//! Which function of a library, and how to call it, as text.

use crate::c_function::Interface;
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
    /// How it is called.
    pub interface: Interface,
}

impl LibrarySpec {
    /// The function as options of the command line.
    pub fn options(&self) -> Vec<String> {
        let path = self.path.display().to_string();
        let mut words = vec!["--lib".to_owned(), path];
        // The functions of a stream have names in the interface.
        if self.interface.stream.is_none() {
            words.extend(["--symbol".to_owned(), self.symbol.clone()]);
        }
        words.extend(self.interface.options());
        words
    }

    /// The function's name in its source, if the symbol is mangled.
    pub fn source_name(&self) -> Option<SourceName> {
        SourceName::of(&self.symbol)
    }
}

/// `PATH:SYMBOL`, then the interface if it is not the usual one.
impl fmt::Display for LibrarySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.symbol)?;
        if self.interface != Interface::default() {
            write!(f, ":{}", self.interface)?;
        }
        Ok(())
    }
}

impl FromStr for LibrarySpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (function, interface) = Interface::take_from(text);
        // The colons of `my::crc32` are in pairs.
        let is_alone = |at: usize| {
            let (before, behind) = (&function[..at], &function[at + 1..]);
            !before.ends_with(':') && !behind.starts_with(':')
        };
        let mut colons = function.rmatch_indices(':').map(|(at, _)| at);
        let parts = colons.find(|&at| is_alone(at));
        match parts.map(|at| (&function[..at], &function[at + 1..])) {
            Some((path, symbol)) if !path.is_empty() && !symbol.is_empty() => Ok(Self {
                path: path.into(),
                symbol: symbol.to_owned(),
                interface,
            }),
            _ => Err(format!("`{text}` is not PATH:SYMBOL")),
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
            "/a:b/lib.so:my::crc32",
            "lib.so:my::fast::crc32:register:buf,len,crc",
            "lib.so:f:buf,len,crc",
            "lib.so:f:register:len,buf,crc64",
            "/a:b/lib.so:f:register:const:0x1,buf,sym:table,len,crc->crc16",
            "lib.so:f:register:init=tables(const:0x4c11db7,sym:t):init=go:result=be",
            "lib.so:f:combine=crc32_combine",
            "lib.so:f:combine=join(&crc,crc2,ulen)->status:1:buf,len",
            "/a:b/lib.so:f:init=go:combine=join(crc,sym:t,crc2,len32)->crc16:result=be:buf,len",
            "lib.so:f:crc,buf,len,const:0x5",
            "lib.so:f:buf,len,crc,sym:table",
            "lib.so:f:&crc,buf,len->status:1",
            "lib.so:f:init=go:result=hex:call:new(call:arena,zero),buf,len,out->status:-1",
            "lib.so:u:result=be:stream=size=64,new=i(state,const:0x1),update=u,final=f(state,out)",
            "/a:b/lib.so:u:register:stream=new=n,update=u(state,buf,len)->status:-1,final=f",
        ] {
            let spec: LibrarySpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), text);
            assert!(
                spec.path.ends_with("lib.so") || text.starts_with("libz"),
                "{text}"
            );
            let interface: Interface = spec.interface.to_string().parse().expect(text);
            assert_eq!(interface, spec.interface);
        }
        for bad in ["", "lib.so", ":f", "lib.so:", "lib.so:register"] {
            assert!(bad.parse::<LibrarySpec>().is_err(), "{bad}");
        }
    }
}
