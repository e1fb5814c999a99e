//! A model from its parameters, as values and as text of `key=value` parts.
//!
//! The definition yields what the parameters imply: `check` and `residue`.

use crate::bitwise::Bitwise;
use crate::judge::Judge;
use crate::model::{CHECK_MESSAGE, Model, ModelError, WIDTHS};
use std::borrow::Cow;
use std::fmt;

impl Model {
    /// The model of these parameters. The definition gives its `check` and `residue`.
    ///
    /// # Errors
    /// The first rule of [`Model::validate`] that the parameters break.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        width: u8,
        poly: u64,
        init: u64,
        refin: bool,
        refout: bool,
        xorout: u64,
    ) -> Result<Self, ModelError> {
        let mut model = Self {
            name: name.into(),
            width,
            poly,
            init,
            refin,
            refout,
            xorout,
            check: 0,
            residue: 0,
        };
        model.validate()?;
        let bitwise = Bitwise::new(&model);
        model.check = bitwise.update(model.initial_checksum(), CHECK_MESSAGE);
        model.residue = bitwise.residue();
        Ok(model)
    }

    /// Reads the parameters of a model, `key=value` each, in any order. `check` and `residue` are
    /// optional. If they are there, they must be what the other parameters imply.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let parts = Parts::read(text)?;
        let width = parts.number("width")?.ok_or(ModelError::Missing("width"))?;
        // Before the values, which may not fit a word either.
        let in_range = u8::try_from(width)
            .ok()
            .filter(|width| WIDTHS.contains(width));
        let width = in_range.ok_or(ModelError::Width(width))?;
        let needed = |key| parts.number(key)?.ok_or(ModelError::Missing(key));
        let model = Self::new(
            parts.text("name").unwrap_or_default().to_owned(),
            width,
            needed("poly")?,
            needed("init")?,
            parts.truth("refin")?,
            parts.truth("refout")?,
            needed("xorout")?,
        )?;
        for (key, implied) in [("check", model.check), ("residue", model.residue)] {
            let Some(given) = parts.number(key)? else {
                continue;
            };
            model.fits(key, given)?;
            if given != implied {
                return Err(ModelError::Contradiction(key, given, implied));
            }
        }
        Ok(model)
    }

    /// The name, or the parameters of a model without a name: text that [`Model::find`] reads.
    pub fn label(&self) -> String {
        if self.name.is_empty() {
            self.to_string()
        } else {
            self.name.to_string()
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = 2 + usize::from(self.width).div_ceil(4);
        write!(
            f,
            "width={} poly={:#0digits$x} init={:#0digits$x} refin={} refout={} \
             xorout={:#0digits$x} check={:#0digits$x} residue={:#0digits$x}",
            self.width,
            self.poly,
            self.init,
            self.refin,
            self.refout,
            self.xorout,
            self.check,
            self.residue
        )?;
        if self.name.is_empty() {
            Ok(())
        } else {
            write!(f, " name={}", self.name)
        }
    }
}

/// The `key=value` parts of a model string.
struct Parts<'a>(Vec<(&'static str, &'a str)>);

const KEYS: [&str; 9] = [
    "width", "poly", "init", "refin", "refout", "xorout", "check", "residue", "name",
];

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self, ModelError> {
        let mut parts = Vec::new();
        for part in text.split_whitespace() {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| ModelError::NotAnAssignment(part.to_owned()))?;
            let key = KEYS
                .into_iter()
                .find(|known| *known == key)
                .ok_or_else(|| ModelError::UnknownKey(key.to_owned()))?;
            if parts.iter().any(|(known, _)| *known == key) {
                return Err(ModelError::Repeated(key));
            }
            parts.push((key, value.trim_matches('"')));
        }
        Ok(Self(parts))
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| *value)
    }

    fn number(&self, key: &'static str) -> Result<Option<u64>, ModelError> {
        let Some(value) = self.text(key) else {
            return Ok(None);
        };
        let bare = value.replace('_', "").to_ascii_lowercase();
        let (digits, radix) = match bare.strip_prefix("0x") {
            Some(hex) => (hex, 16),
            None => (bare.as_str(), 10),
        };
        // `from_str_radix` accepts a sign, which no parameter has.
        let number = digits
            .chars()
            .all(|c| c.is_digit(radix))
            .then(|| u64::from_str_radix(digits, radix).ok());
        match number.flatten() {
            Some(number) => Ok(Some(number)),
            None => Err(ModelError::BadValue(key, value.to_owned())),
        }
    }

    fn truth(&self, key: &'static str) -> Result<bool, ModelError> {
        let value = self.text(key).ok_or(ModelError::Missing(key))?;
        value
            .parse()
            .map_err(|_| ModelError::BadValue(key, value.to_owned()))
    }
}
