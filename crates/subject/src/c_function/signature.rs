//! The signature of a library's function: the order and the width of its arguments.

use crcheck_platform::abi_audit::Argument;
use std::fmt;
use std::str::FromStr;

/// What a function takes and returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// It takes the previous checksum (0 at first, for CRC-32) and returns the next.
    #[default]
    Zlib,
    /// It takes and returns the register, before xorout.
    Register,
}

impl Convention {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zlib => "zlib",
            Self::Register => "register",
        }
    }
}

impl FromStr for Convention {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Self::Zlib, Self::Register];
        let found = all.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("no convention is called `{name}` (zlib, register)"))
    }
}

/// The order of the arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `f(crc, buf, len)`
    #[default]
    CrcBufLen,
    /// `f(crc, len, buf)`
    CrcLenBuf,
    /// `f(buf, len, crc)`
    BufLenCrc,
    /// `f(len, buf, crc)`
    LenBufCrc,
    /// `f(buf, crc, len)`
    BufCrcLen,
    /// `f(len, crc, buf)`
    LenCrcBuf,
    /// `f(buf, len)`: every call begins a new checksum.
    BufLen,
    /// `f(len, buf)`: every call begins a new checksum.
    LenBuf,
}

impl Order {
    const ALL: [(Self, &'static str); 8] = [
        (Self::CrcBufLen, "crc,buf,len"),
        (Self::CrcLenBuf, "crc,len,buf"),
        (Self::BufLenCrc, "buf,len,crc"),
        (Self::LenBufCrc, "len,buf,crc"),
        (Self::BufCrcLen, "buf,crc,len"),
        (Self::LenCrcBuf, "len,crc,buf"),
        (Self::BufLen, "buf,len"),
        (Self::LenBuf, "len,buf"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(order, _)| *order == self);
        found.map_or("", |(_, name)| name)
    }
}

/// A C function's arguments. The buffer is `const uint8_t *`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Their order.
    pub order: Order,
    /// Whether the checksum is a `uint64_t` (else a `uint32_t`); `None` if the model's width
    /// decides.
    pub wide_crc: Option<bool>,
    /// Whether the length is a `uint32_t` (else a `size_t`).
    pub is_len_short: bool,
}

impl Signature {
    /// The longest message that the length argument can express, in bytes.
    pub fn length_max(&self) -> u64 {
        if self.is_len_short {
            u32::MAX.into()
        } else {
            u64::MAX
        }
    }

    /// The arguments in their order, as a caller passes them.
    pub fn arguments(&self) -> Vec<Argument> {
        let crc = match self.wide_crc {
            Some(true) => Argument::Checksum64,
            Some(false) | None => Argument::Checksum32,
        };
        let len = if self.is_len_short {
            Argument::Length32
        } else {
            Argument::Length64
        };
        let buf = Argument::Message;
        match self.order {
            Order::CrcBufLen => vec![crc, buf, len],
            Order::CrcLenBuf => vec![crc, len, buf],
            Order::BufLenCrc => vec![buf, len, crc],
            Order::LenBufCrc => vec![len, buf, crc],
            Order::BufCrcLen => vec![buf, crc, len],
            Order::LenCrcBuf => vec![len, crc, buf],
            Order::BufLen => vec![buf, len],
            Order::LenBuf => vec![len, buf],
        }
    }

    /// Whether the function can go on from a checksum.
    pub fn takes_checksum(&self) -> bool {
        !matches!(self.order, Order::BufLen | Order::LenBuf)
    }

    /// The signature for a model of this width, which decides the checksum's width if this does
    /// not.
    #[must_use]
    pub fn for_width(self, width: u8) -> Self {
        Self {
            wide_crc: Some(self.wide_crc.unwrap_or(width > 32)),
            ..self
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crc = match self.wide_crc {
            None => "crc",
            Some(false) => "crc32",
            Some(true) => "crc64",
        };
        let len = if self.is_len_short { "len32" } else { "len" };
        let name = self.order.name();
        f.write_str(&name.replace("crc", crc).replace("len", len))
    }
}

impl FromStr for Signature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let has = |word: &str| text.split(',').any(|part| part == word);
        let wide_crc = match (has("crc32"), has("crc64")) {
            (false, false) => None,
            (_, wide) => Some(wide),
        };
        let bare: Vec<&str> = text
            .split(',')
            .map(|part| match part {
                "crc32" | "crc64" => "crc",
                "len32" | "len64" => "len",
                other => other,
            })
            .collect();
        let bare = bare.join(",");
        let found = Order::ALL.iter().find(|(_, name)| *name == bare);
        let (order, _) = found.ok_or_else(|| {
            let names = Order::ALL.map(|(_, name)| name);
            format!(
                "`{text}` is not a signature; there are {} \
                 (crc64 and len32 state a width other than the usual)",
                names.join(" ")
            )
        })?;
        Ok(Self {
            order: *order,
            wide_crc,
            is_len_short: has("len32"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_back_as_it_was_written() {
        for text in [
            "crc,buf,len",
            "buf,len,crc64",
            "crc32,len32,buf",
            "len,buf",
            "buf,len32",
            "len,crc,buf",
        ] {
            let signature: Signature = text.parse().expect(text);
            assert_eq!(signature.to_string(), text);
        }
        assert!("crc,len".parse::<Signature>().is_err());
        assert!("crc,buf,len,len".parse::<Signature>().is_err());
        assert!("".parse::<Signature>().is_err());
    }

    #[test]
    fn the_width_of_the_checksum_follows_the_model_unless_stated() {
        let usual: Signature = "crc,buf,len".parse().expect("a signature");
        assert_eq!(usual.for_width(33).wide_crc, Some(true));
        assert_eq!(usual.for_width(32).wide_crc, Some(false));
        let wide: Signature = "crc64,buf,len".parse().expect("a signature");
        assert_eq!(wide.for_width(32).wide_crc, Some(true));
    }
}
