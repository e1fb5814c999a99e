//! The functions of a library that computes a checksum piece by piece.
//!
//! ```text
//! stream    = part {"," part}
//! part      = role "=" function
//!           | "size=" number              the state is memory of the caller, of so many bytes
//!           | "copy=no"                   the bytes of such a state cannot be copied
//!           | "width=" number             the bits of the state that count, without a final
//! role      = "new" | "update" | "final" | "reset" | "free"
//! function  = name ["(" [parameter {"," parameter}] ")"] ["->" result]
//! parameter = "state" [bits]              the state: an address, or a value
//!           | those of a signature
//! result    = "state" | "status" [":" number] | "crc" number
//! ```
//!
//! The state is what `new` returns, or with `size` the memory whose address `new` takes. If
//! `update` returns the state, it is a value and not an address. Without `final` the state is the
//! checksum.

use super::parameter::Parameter;
use super::result_form::ResultForm;
use super::signature::{FunctionResult, usual_bits};
use super::words::{name_and_list, split_at_commas};
use crcheck_platform::raw_entry::{ARGUMENTS_MAX, IntegerBits, STATE_BYTES_MAX};
use std::fmt;
use std::str::FromStr;

/// The functions of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInterface {
    /// How large the state is, in bytes, if it is memory of the caller.
    pub(super) size: Option<usize>,
    /// Whether the bytes of such a state are a state in other memory too.
    pub(super) is_copyable: bool,
    /// How many bits of the state are the checksum if there is no `final`; `None` if the model
    /// decides.
    pub(super) width: Option<u32>,
    pub(super) new: Part,
    pub(super) update: Part,
    pub(super) last: Option<Part>,
    pub(super) reset: Option<Part>,
    pub(super) free: Option<Part>,
}

/// One function of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) result: PartResult,
}

/// What a function of a stream returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PartResult {
    pub(super) is_state: bool,
    pub(super) other: FunctionResult,
}

/// What a stream can do besides taking pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamAbilities {
    /// It can begin anew.
    pub can_reset: bool,
    /// It can do that when it has given its checksum too.
    pub can_reset_after_final: bool,
    /// It can be copied.
    pub can_copy: bool,
    /// It has a function that ends it.
    pub is_freed: bool,
}

/// What a function of a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    New,
    Update,
    Final,
    Reset,
    Free,
}

impl Role {
    const ALL: [Self; 5] = [
        Self::New,
        Self::Update,
        Self::Final,
        Self::Reset,
        Self::Free,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Update => "update",
            Self::Final => "final",
            Self::Reset => "reset",
            Self::Free => "free",
        }
    }

    /// The parameters and the result of a function that states none.
    fn usual(self, size: Option<usize>) -> (Vec<Parameter>, PartResult) {
        let parameters = match self {
            Self::New if size.is_none() => Vec::new(),
            Self::Update => vec![
                Parameter::State(None),
                Parameter::Message,
                Parameter::Length(None),
            ],
            _ => vec![Parameter::State(None)],
        };
        let result = PartResult {
            is_state: self == Self::New && size.is_none(),
            ..PartResult::default()
        };
        (parameters, result)
    }

    /// Whether a function for this takes such a parameter.
    fn takes(self, parameter: &Parameter, size: Option<usize>) -> bool {
        match parameter {
            Parameter::Fixed(_) => true,
            Parameter::State(_) => self != Self::New || size.is_some(),
            Parameter::Message
            | Parameter::End
            | Parameter::Length(_)
            | Parameter::Offset(_)
            | Parameter::Destination => self == Self::Update,
            Parameter::Answer | Parameter::ChecksumAt(_) => self == Self::Final,
            Parameter::Checksum(_) => false,
        }
    }
}

impl StreamInterface {
    /// The name of the function that takes a piece.
    pub fn update_symbol(&self) -> &str {
        &self.update.name
    }

    /// Adds the names of all functions that are called.
    pub(super) fn add_names<'n>(&'n self, names: &mut Vec<&'n str>) {
        for (_, part) in self.parts() {
            names.push(&part.name);
            Parameter::add_names(&part.parameters, names);
        }
    }

    /// The longest piece that the length can express, in bytes.
    pub fn length_max(&self) -> u64 {
        Parameter::length_max(&self.update.parameters)
    }

    /// Whether the address of a piece may be null.
    pub(super) fn takes_null(&self) -> bool {
        Parameter::take_null(&self.update.parameters)
    }

    /// What the stream can do.
    pub fn abilities(&self) -> StreamAbilities {
        let is_handle = self.size.is_none() && !self.update.result.is_state;
        let is_freed = self.free.is_some();
        StreamAbilities {
            can_reset: self.reset.is_some(),
            // `final` may free what a handle stands for if nothing else does.
            can_reset_after_final: self.reset.is_some() && (is_freed || !is_handle),
            can_copy: self.is_copyable && !is_handle && !is_freed,
            is_freed,
        }
    }

    /// The functions for a model of this width, which decides what they leave open: how wide a
    /// state is that is a value, and the checksum.
    pub(super) fn for_width(&self, width: u8, form: ResultForm) -> Self {
        let is_value = self.update.result.is_state;
        let mut wide_enough = IntegerBits::ALL.into_iter();
        let wide_enough = wide_enough.find(|bits| bits.get() >= width.into());
        let usual = match (is_value, wide_enough) {
            (true, Some(bits)) => bits,
            _ => IntegerBits::ADDRESS,
        };
        let mut resolved = self.clone();
        for part in resolved.parts_mut() {
            for parameter in &mut part.parameters {
                if let Parameter::State(bits) = parameter {
                    bits.get_or_insert(usual);
                }
            }
        }
        if resolved.last.is_none() {
            resolved.width.get_or_insert(width.into());
        }
        if let Some(last) = &mut resolved.last {
            let result = &mut last.result.other;
            let takes_answer = last.parameters.contains(&Parameter::Answer);
            let is_integer = form == ResultForm::Native && !takes_answer;
            let stated = Parameter::checksum(&last.parameters).flatten();
            *result = result.for_width(width, stated, is_integer);
            for parameter in &mut last.parameters {
                if let Parameter::ChecksumAt(bits) = parameter {
                    bits.get_or_insert(usual_bits(width));
                }
            }
        }
        resolved
    }

    fn parts(&self) -> impl Iterator<Item = (Role, &Part)> {
        let parts = [
            (Role::New, Some(&self.new)),
            (Role::Update, Some(&self.update)),
            (Role::Final, self.last.as_ref()),
            (Role::Reset, self.reset.as_ref()),
            (Role::Free, self.free.as_ref()),
        ];
        let parts = parts.into_iter();
        parts.filter_map(|(role, part)| Some((role, part?)))
    }

    fn parts_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        let needed = [&mut self.new, &mut self.update].into_iter();
        let optional = [&mut self.last, &mut self.reset, &mut self.free].into_iter();
        needed.chain(optional.flatten())
    }

    /// Whether the functions fit together.
    fn check(&self) -> Result<(), String> {
        for (role, part) in self.parts() {
            let role_name = role.name();
            let count = |is: fn(&Parameter) -> bool| {
                let parameters = part.parameters.iter();
                parameters.filter(|one| is(one)).count()
            };
            if part.parameters.len() > ARGUMENTS_MAX {
                return Err(format!("{role_name} has more than six parameters"));
            }
            let mut parameters = part.parameters.iter();
            if let Some(other) = parameters.find(|one| !role.takes(one, self.size)) {
                return Err(match (role, other) {
                    (Role::New, Parameter::State(_)) => {
                        "new takes the state only if size=BYTES says how large it is".to_owned()
                    }
                    _ => format!("{role_name} cannot take {other}"),
                });
            }
            let needs_state = role != Role::New || self.size.is_some();
            if needs_state && count(|one| matches!(one, Parameter::State(_))) != 1 {
                return Err(format!("{role_name} must take the state once"));
            }
            self.check_result(role, &part.result)?;
            let in_memory =
                count(|one| matches!(one, Parameter::Answer | Parameter::ChecksumAt(_)));
            if in_memory > 1 {
                return Err("only one of &crc and out of final can take the checksum".to_owned());
            }
            if role == Role::Final && part.result.other.status.is_some() && in_memory == 0 {
                return Err(
                    "a final that returns a status needs &crc or out for the checksum".to_owned(),
                );
            }
        }
        Parameter::lead_to_message(&self.update.parameters)
            .map_err(|why| format!("of update: {why}"))?;
        if self.width.is_some() && self.last.is_some() {
            return Err("width is of a state that no final reads".to_owned());
        }
        match self.size {
            Some(size) if size > STATE_BYTES_MAX => {
                Err(format!("a state has at most {STATE_BYTES_MAX} bytes"))
            }
            Some(0) => Err("a state of no bytes".to_owned()),
            size if self.last.is_none() && !self.update.result.is_state => match size {
                Some(1..=8) => Ok(()),
                _ => Err(
                    "final may be left out only if the state is a value, or memory of at most 8 \
                     bytes"
                        .to_owned(),
                ),
            },
            _ => Ok(()),
        }
    }

    fn check_result(&self, role: Role, result: &PartResult) -> Result<(), String> {
        let name = role.name();
        if result.is_state && (self.size.is_some() || !matches!(role, Role::New | Role::Update)) {
            return Err(format!("{name} does not return the state"));
        }
        if role == Role::New && self.size.is_none() && !result.is_state {
            return Err("new must return the state, or size=BYTES say how large it is".to_owned());
        }
        if result.other.bits.is_some() && role != Role::Final {
            return Err(format!("{name} does not return the checksum"));
        }
        Ok(())
    }
}

impl fmt::Display for StreamInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            write!(f, "size={size},")?;
        }
        if !self.is_copyable {
            f.write_str("copy=no,")?;
        }
        if let Some(width) = self.width {
            write!(f, "width={width},")?;
        }
        for (index, (role, part)) in self.parts().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", role.name(), part.name)?;
            let (parameters, result) = role.usual(self.size);
            if part.parameters != parameters || part.result != result && !part.parameters.is_empty()
            {
                let words: Vec<String> = part.parameters.iter().map(Parameter::to_string).collect();
                write!(f, "({})", words.join(","))?;
            }
            if part.result != result {
                f.write_str(if part.result.is_state { "->state" } else { "" })?;
                part.result.other.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl FromStr for PartResult {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "state" => Self {
                is_state: true,
                ..Self::default()
            },
            _ => Self {
                is_state: false,
                other: text.parse()?,
            },
        })
    }
}

impl Part {
    /// The function that `text` states for `role`.
    fn read(text: &str, role: Role, size: Option<usize>) -> Result<Self, String> {
        let (called, result) = match text.split_once("->") {
            Some((called, result)) => (called, Some(result.parse()?)),
            None => (text, None),
        };
        let (name, list) = name_and_list(called)?;
        let (parameters, usual) = role.usual(size);
        let parameters = match list {
            None => parameters,
            Some("") => Vec::new(),
            Some(list) => split_at_commas(list)
                .into_iter()
                .map(str::parse)
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            name: name.to_owned(),
            parameters,
            result: result.unwrap_or(usual),
        })
    }
}

impl FromStr for StreamInterface {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (mut size, mut is_copyable, mut width) = (None, true, None);
            let mut functions: [Option<&str>; 5] = [None; 5];
            for part in split_at_commas(text) {
                let (key, value) = part
                    .split_once('=')
                    .ok_or_else(|| format!("`{part}` has no `=`"))?;
                let role = Role::ALL.iter().position(|role| role.name() == key);
                let is_twice = match (role, key, value) {
                    (Some(role), ..) => functions[role].replace(value).is_some(),
                    (None, "size", _) => {
                        let bytes = value.parse();
                        let bytes = bytes.map_err(|_| format!("`{value}` is not a size"))?;
                        size.replace(bytes).is_some()
                    }
                    (None, "width", _) => {
                        let bits = value.parse().ok().filter(|bits| (1..=64).contains(bits));
                        let bits = bits.ok_or_else(|| format!("`{value}` is not a width"))?;
                        width.replace(bits).is_some()
                    }
                    (None, "copy", "no") => !std::mem::replace(&mut is_copyable, false),
                    _ => {
                        return Err(format!(
                            "`{part}` is none of new=, update=, final=, reset=, free=, \
                             size=BYTES, width=BITS, copy=no"
                        ));
                    }
                };
                if is_twice {
                    return Err(format!("{key} is there twice"));
                }
            }
            let part = |role: Role| {
                let text = functions[role as usize];
                text.map(|text| Part::read(text, role, size)).transpose()
            };
            let missing = |name: &str| format!("{name}= is missing");
            let stream = Self {
                size,
                is_copyable,
                width,
                new: part(Role::New)?.ok_or_else(|| missing("new"))?,
                update: part(Role::Update)?.ok_or_else(|| missing("update"))?,
                last: part(Role::Final)?,
                reset: part(Role::Reset)?,
                free: part(Role::Free)?,
            };
            stream.check().map(|()| stream)
        };
        read().map_err(|why: String| {
            format!(
                "`{text}` is not a stream: {why} (one is new=NAME,update=NAME,final=NAME,free=NAME)"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> StreamInterface {
        text.parse().expect(text)
    }

    #[test]
    fn a_stream_is_read_back_as_it_was_written() {
        for text in [
            "new=crc_new,update=crc_update,final=crc_final,reset=crc_reset,free=crc_free",
            "size=64,new=init,update=update,final=final",
            "size=8,copy=no,new=init(state,const:0x4c11db7),update=update,final=final(out,state)",
            "new=i,update=u(state,buf,len)->state",
            "size=4,width=12,new=i,update=u",
            "new=i,update=u(state32,end,buf)->state,final=f(state16)->crc16",
            "new=n(const:0x4c11db7,call:arena(zero)),update=u(state,len32,buf)->status:-1,\
             final=f(state,&crc)->status,free=g",
        ] {
            let stream = read(text);
            assert_eq!(stream.to_string(), text);
            let resolved = stream.for_width(16, ResultForm::default());
            assert_eq!(resolved.to_string().parse(), Ok(resolved));
        }
    }

    #[test]
    fn what_no_caller_can_make_is_refused() {
        for (text, why) in [
            ("update=u,final=f", "new= is missing"),
            ("new=n,final=f", "update= is missing"),
            ("new=n,update=u", "final may be left out only if"),
            ("size=9,new=n,update=u", "final may be left out only if"),
            ("new=n(state),update=u,final=f", "only if size=BYTES"),
            (
                "size=8,new=n(),update=u,final=f",
                "new must take the state once",
            ),
            (
                "new=n->status,update=u,final=f",
                "new must return the state",
            ),
            ("new=n,update=u(state,buf),final=f", "of update: "),
            (
                "new=n,update=u(buf,len),final=f",
                "update must take the state once",
            ),
            ("new=n,update=u,final=f->status", "needs &crc or out"),
            ("new=n,update=u,final=f(state,buf)", "final cannot take buf"),
            (
                "new=n,update=u(state,crc,buf,len),final=f",
                "update cannot take crc",
            ),
            (
                "new=n,update=u->crc16,final=f",
                "update does not return the checksum",
            ),
            (
                "size=8,new=n,update=u->state,final=f",
                "update does not return the state",
            ),
            ("size=0,new=n,update=u,final=f", "a state of no bytes"),
            ("new=n,new=m,update=u,final=f", "new is there twice"),
            ("new=n,update=u,final=f,end=g", "`end=g` is none of"),
            ("crc,buf,len", "`crc` has no `=`"),
        ] {
            let error = text.parse::<StreamInterface>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_state_that_is_a_value_is_as_wide_as_the_model() {
        let text = "new=i,update=u->state,final=f";
        for (width, bits, of_result) in [(8, 8, 8), (12, 16, 12), (24, 32, 24), (40, 64, 64)] {
            let resolved = read(text).for_width(width, ResultForm::default());
            let shown = resolved.to_string();
            assert!(
                shown.contains(&format!("u(state{bits},buf,len)->state")),
                "{shown}"
            );
            assert!(shown.ends_with(&format!("->crc{of_result}")), "{shown}");
        }
    }

    #[test]
    fn only_what_keeps_its_memory_goes_on_after_its_checksum() {
        let of = |text: &str| read(text).abilities();
        let handle = "new=n,update=u,final=f,reset=r";
        assert!(!of(handle).can_reset_after_final && of(handle).can_reset);
        assert!(of(&format!("{handle},free=g")).can_reset_after_final);
        let own = "size=8,new=n,update=u,final=f";
        assert!(of(own).can_copy && !of(handle).can_copy);
        assert!(!of(&format!("{own},free=g")).can_copy);
        assert!(!of(&format!("{own},copy=no")).can_copy);
    }
}
