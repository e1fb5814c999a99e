//! How fast a subject is.

/// How fast a subject was measured to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls per second on short messages.
    pub calls_per_second: f64,
    /// Bytes per second on long messages.
    pub bytes_per_second: f64,
}

/// How fast a subject is, as plans see it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// As fast as machine code.
    #[default]
    Native,
    /// A software version: plans keep to the depth `quick`.
    Software,
    /// So slow that plans scale to this rate.
    Measured(Rate),
}
